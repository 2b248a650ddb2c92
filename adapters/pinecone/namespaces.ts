/** What the service calls the default namespace (its statistics also say the empty string). */
const defaultName = '__default__';
/** In front of names that would mean something else to the service or to us. */
const escapePrefix = '_av~';

/** The name on the wire. */
export function toWireNamespace(namespace: string): string {
  if (namespace === '') return defaultName;
  return namespace === defaultName || namespace.startsWith(escapePrefix) ? `${escapePrefix}${namespace}` : namespace;
}

/** The name of a namespace on the wire. */
export function fromWireNamespace(name: string): string {
  if (name === '' || name === defaultName) return '';
  return name.startsWith(escapePrefix) ? name.slice(escapePrefix.length) : name;
}

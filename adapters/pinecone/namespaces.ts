import { fromAscii, toAscii } from './ascii.ts';

/** What the service calls the default namespace (its statistics also say the empty string). */
const defaultName = '__default__';
/** A namespace that is called so. */
const calledDefault = '_av~';

/** The name on the wire. */
export function toWireNamespace(namespace: string): string {
  if (namespace === '') return defaultName;
  return namespace === defaultName ? calledDefault : toAscii(namespace);
}

/** The name of a namespace on the wire. */
export function fromWireNamespace(name: string): string {
  if (name === '' || name === defaultName) return '';
  return name === calledDefault ? defaultName : fromAscii(name);
}

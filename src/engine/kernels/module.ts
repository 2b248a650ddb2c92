const compiled = new Map<string, WebAssembly.Module>();

/** Compilations under way. */
const underWay = new Map<string, Promise<void>>();

/** Whether a program may wait while a module of any size is compiled: browsers refuse that to a page. */
export const mayWait = typeof process !== 'undefined' && process.versions?.node !== undefined;

/** Compiles while others have their turn: {@link moduleOf} has the module from then on. */
export function compileAhead(binary: string): Promise<void> {
  let done = underWay.get(binary);
  if (done === undefined) {
    done = WebAssembly.compile(bytesOf(binary)).then((module) => void compiled.set(binary, module));
    underWay.set(binary, done);
  }
  return done;
}

/** The module of a binary in base64, compiled once. Without {@link mayWait} for those of a few KB, or that were compiled ahead. */
export function moduleOf(binary: string): WebAssembly.Module {
  let module = compiled.get(binary);
  if (module === undefined) {
    module = new WebAssembly.Module(bytesOf(binary));
    compiled.set(binary, module);
  }
  return module;
}

/** The bytes of a binary in base64. */
function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  const text = atob(binary);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

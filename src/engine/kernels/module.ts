const compiled = new Map<string, WebAssembly.Module>();

/** The module of a binary in base64, compiled once. For modules of a few KB: browsers refuse to wait for larger ones. */
export function moduleOf(binary: string): WebAssembly.Module {
  let module = compiled.get(binary);
  if (module === undefined) {
    module = new WebAssembly.Module(bytesOf(binary));
    compiled.set(binary, module);
  }
  return module;
}

/** The bytes of a binary in base64. */
export function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  const text = atob(binary);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A change of a disk, by inode number: what a system call does. The root directory is inode 0. */
export type DiskOp =
  | {
      readonly kind: 'link';
      readonly directory: number;
      readonly name: string;
      readonly inode: number;
      readonly isDirectory: boolean;
    }
  | { readonly kind: 'unlink'; readonly directory: number; readonly name: string }
  | { readonly kind: 'rename'; readonly directory: number; readonly from: string; readonly to: string }
  | { readonly kind: 'write'; readonly inode: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly inode: number; readonly size: number }
  /** What was done before time `until` becomes durable. */
  | { readonly kind: 'sync'; readonly inode: number; readonly until: number }
  /** What a failed fsync does: the bytes stay visible, count as clean, and reach no disk any more. */
  | { readonly kind: 'forget'; readonly inode: number };

/** Changes names in a directory. */
export type NameOp = Extract<DiskOp, { kind: 'link' | 'unlink' | 'rename' }>;
/** Changes the bytes of a file. */
export type ByteOp = Extract<DiskOp, { kind: 'write' | 'truncate' }>;
/** When it was done, counted in changes of the disk. */
export type Timed<T> = { readonly time: number; readonly op: T };

/** A file: what programs see, what a loss of power leaves for certain, and what it may leave. */
export interface FileNode {
  readonly kind: 'file';
  visible: Content;
  durable: Content;
  pending: Timed<ByteOp>[];
}
/** A directory, likewise. */
export interface DirectoryNode {
  readonly kind: 'directory';
  visible: Map<string, number>;
  durable: Map<string, number>;
  pending: Timed<NameOp>[];
}

/** Bytes that grow at little cost. */
export class Content {
  #bytes = new Uint8Array(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** A copy of what is there. */
  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(Math.min(offset, this.#size), Math.min(offset + length, this.#size));
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#resize(Math.max(this.#size, offset + bytes.byteLength));
    this.#bytes.set(bytes, offset);
  }

  truncate(size: number): void {
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#resize(size);
  }

  clone(): Content {
    const copy = new Content();
    copy.#bytes = this.#bytes.slice(0, this.#size);
    copy.#size = this.#size;
    return copy;
  }

  #resize(size: number): void {
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#size = size;
  }
}

/** Does to bytes what an operation says. */
export function applyBytes(content: Content, op: ByteOp): void {
  if (op.kind === 'write') content.write(op.offset, op.bytes);
  else content.truncate(op.size);
}

/** Does to names what an operation says. `of`: where the inode of a renamed name is looked up when the creation of that name was lost. */
export function applyNames(names: Map<string, number>, op: NameOp, of?: DirectoryNode): void {
  if (op.kind === 'link') {
    names.set(op.name, op.inode);
  } else if (op.kind === 'unlink') {
    names.delete(op.name);
  } else {
    const inode = names.get(op.from) ?? lostInode(op.from, op, of);
    names.delete(op.from);
    if (inode !== undefined) names.set(op.to, inode);
  }
}

function lostInode(name: string, until: NameOp, directory: DirectoryNode | undefined): number | undefined {
  let inode: number | undefined;
  for (const { op } of directory?.pending ?? []) {
    if (op === until) break;
    if (op.kind === 'link' && op.name === name) inode = op.inode;
  }
  return inode;
}

export function emptyFile(): FileNode {
  return { kind: 'file', visible: new Content(), durable: new Content(), pending: [] };
}

export function emptyDirectory(): DirectoryNode {
  return { kind: 'directory', visible: new Map(), durable: new Map(), pending: [] };
}

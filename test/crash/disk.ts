import {
  applyBytes,
  applyNames,
  type DirectoryNode,
  type DiskOp,
  emptyDirectory,
  emptyFile,
  type FileNode,
  type NameOp,
} from './disk-state.ts';
import type { Random } from './random.ts';
import { type CrashPolicy, survivalOf } from './survival.ts';

/** The root directory. */
export const rootInode = 0;

/** Files and directories with a visible and a durable state. */
export class Disk {
  readonly #nodes = new Map<number, FileNode | DirectoryNode>([[rootInode, emptyDirectory()]]);
  #time = 0;
  #lastInode = rootInode;

  /** How many changes it has seen. */
  get time(): number {
    return this.#time;
  }

  /** A number that no file had yet. */
  get freeInode(): number {
    return this.#lastInode + 1;
  }

  apply(op: DiskOp): void {
    this.#time += 1;
    switch (op.kind) {
      case 'link':
        this.#lastInode = Math.max(this.#lastInode, op.inode);
        this.#nodes.set(op.inode, op.isDirectory ? emptyDirectory() : emptyFile());
        this.#changeNames(op);
        return;
      case 'unlink':
      case 'rename':
        this.#changeNames(op);
        return;
      case 'write':
      case 'truncate': {
        const file = this.file(op.inode);
        file.pending.push({ time: this.#time, op });
        applyBytes(file.visible, op);
        return;
      }
      case 'sync':
        this.#sync(op.inode, op.until);
        return;
      case 'forget':
        this.#nodeAt(op.inode).pending = [];
    }
  }

  file(inode: number): FileNode {
    const node = this.#nodeAt(inode);
    if (node.kind !== 'file') throw new Error(`inode ${inode} is no file`);
    return node;
  }

  directory(inode: number): DirectoryNode {
    const node = this.#nodeAt(inode);
    if (node.kind !== 'directory') throw new Error(`inode ${inode} is no directory`);
    return node;
  }

  isDirectory(inode: number): boolean {
    return this.#nodeAt(inode).kind === 'directory';
  }

  /** The disk as it is found when the power is back: what was durable, and what `policy` leaves of the rest. All of it is durable then. */
  crash(policy: CrashPolicy, random: Random): Disk {
    const image = new Disk();
    image.#lastInode = this.#lastInode;
    const survival = survivalOf(policy, random, this.#time);
    image.#nodes.clear();
    const copy = (inode: number) => {
      if (image.#nodes.has(inode)) return;
      const node = this.#nodeAt(inode);
      if (node.kind === 'file') {
        const content = survival.content(node);
        image.#nodes.set(inode, { kind: 'file', visible: content, durable: content.clone(), pending: [] });
        return;
      }
      const names = survival.names(node);
      image.#nodes.set(inode, { kind: 'directory', visible: names, durable: new Map(names), pending: [] });
      for (const child of names.values()) copy(child);
    };
    copy(rootInode);
    return image;
  }

  #changeNames(op: NameOp): void {
    const directory = this.directory(op.directory);
    directory.pending.push({ time: this.#time, op });
    applyNames(directory.visible, op);
  }

  #sync(inode: number, until: number): void {
    const node = this.#nodeAt(inode);
    const done = (item: { time: number }) => item.time <= until;
    if (node.kind === 'file') {
      for (const { op } of node.pending.filter(done)) applyBytes(node.durable, op);
      node.pending = node.pending.filter((item) => !done(item));
    } else {
      for (const { op } of node.pending.filter(done)) applyNames(node.durable, op);
      node.pending = node.pending.filter((item) => !done(item));
    }
  }

  #nodeAt(inode: number): FileNode | DirectoryNode {
    const node = this.#nodes.get(inode);
    if (node === undefined) throw new Error(`there is no inode ${inode}`);
    return node;
  }
}

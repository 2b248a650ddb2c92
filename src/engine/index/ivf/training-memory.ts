import { ListsMemory, type ListsShape } from './lists-memory.ts';

/** Where what training needs lies, behind everything else. In bytes. */
interface TrainingLayout {
  /** f32, `padded` each. */
  readonly points: number;
  /** u32: the numbers of points, cluster by cluster. */
  readonly members: number;
  /** u32: the cluster of each member. */
  readonly labels: number;
  /** f32, `padded` for each cluster. */
  readonly sums: number;
  /** u32 for each cluster. */
  readonly counts: number;
}

/** A memory for training alone, given up afterwards: WebAssembly memory never shrinks. */
export class TrainingMemory extends ListsMemory {
  readonly at: TrainingLayout;
  readonly points: number;

  constructor(module: WebAssembly.Module, shape: ListsShape, points: number) {
    super(module, shape);
    this.points = points;
    let end = this.layout.blocks;
    const place = (bytes: number): number => {
      const at = end;
      end += Math.ceil(bytes / 64) * 64;
      return at;
    };
    const { padded, lists } = this.layout;
    this.at = {
      points: place(4 * padded * points),
      members: place(4 * points),
      labels: place(4 * points),
      sums: place(4 * padded * lists),
      counts: place(4 * lists),
    };
    this.reserve(end);
  }

  /** A view of a point. */
  point(number: number): Float32Array {
    const { padded } = this.layout;
    return new Float32Array(this.buffer, this.at.points + 4 * padded * number, padded);
  }

  /** A view of the numbers of all members. */
  get members(): Uint32Array {
    return new Uint32Array(this.buffer, this.at.members, this.points);
  }

  /** A view of the clusters of all members. */
  get labels(): Uint32Array {
    return new Uint32Array(this.buffer, this.at.labels, this.points);
  }

  /** Sets the sizes of components, and their inverses, of what lists hold or of vectors. */
  setScales(scales: Float32Array, name: 'scales' | 'coarseScales'): void {
    this.floats(name, scales.length).set(scales);
    const inverses = this.floats(name === 'scales' ? 'inverses' : 'coarseInverses', scales.length);
    for (const [j, scale] of scales.entries()) inverses[j] = scale > 0 ? 1 / scale : 0;
  }
}

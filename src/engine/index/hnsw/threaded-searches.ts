import type { Crew } from './crew.ts';
import type { Graph } from './graph.ts';
import type { Found } from './proposal.ts';

/** Queries that threads are given at a time, at most: what is found waits for a turn of the event loop. */
const atOnce = 128;
/** Milliseconds after which idle threads are given up. */
const patience = 2_000;

/**
 * Batches of searches by other threads. While they search one part of a batch, what was found for the part before is ranked by the caller. Threads
 * are kept for a while: the next batch need not start them.
 */
export class ThreadedSearches {
  #crew: Crew | undefined;
  #graph: Graph | undefined;
  #isRunning = false;
  #hasFailed = false;
  /** Somebody waits for the threads to rest. */
  #isAwaited = false;
  #underWay: Promise<unknown> | undefined;
  #giveUp: ReturnType<typeof setTimeout> | undefined;

  /** Whether threads wait for work. */
  get areReady(): boolean {
    return this.#crew !== undefined;
  }

  /** Resolves when no thread reads the graph; undefined where none does. No more is begun of the batch under way. */
  get rest(): Promise<unknown> | undefined {
    if (this.#underWay !== undefined) this.#isAwaited = true;
    return this.#underWay;
  }

  /**
   * What each query finds, in their order; ends early where there are no threads, one has failed, or somebody waits for them to rest: whoever asks
   * does what is left.
   */
  async *run(graph: Graph, queries: readonly Float32Array[], ef: number): AsyncGenerator<Found, void, undefined> {
    if (this.#isRunning || this.#hasFailed || graph.mostAskedTogether === 0) return;
    const crew = this.#crewOf(graph);
    if (crew === undefined) return;
    this.#isRunning = true;
    this.#isAwaited = false;
    const size = Math.min(atOnce, graph.mostAskedTogether);
    const ask = (from: number) =>
      this.#ask(graph.searchWith(crew, queries.slice(from, from + size), ef, (from / size) % 2));
    let next: Promise<Found[]> | undefined;
    try {
      next = ask(0);
      for (let from = size; next !== undefined; from += size) {
        const found: Found[] = await next;
        next = from < queries.length && !this.#isAwaited ? ask(from) : undefined;
        yield* found;
      }
    } catch {
      // Nothing is lost: the caller's own thread does the work, now and later.
      this.#hasFailed = true;
    } finally {
      await next?.catch(() => undefined);
      this.#isRunning = false;
      if (this.#hasFailed) await this.close();
      else this.#closeLater();
    }
  }

  #ask(asked: Promise<Found[]>): Promise<Found[]> {
    const underWay = asked.then(
      () => undefined,
      () => undefined,
    );
    this.#underWay = underWay;
    void underWay.then(() => {
      if (this.#underWay === underWay) this.#underWay = undefined;
    });
    return asked;
  }

  #crewOf(graph: Graph): Crew | undefined {
    clearTimeout(this.#giveUp);
    if (this.#graph !== graph) void this.close();
    this.#crew ??= graph.gather();
    this.#crew?.rest();
    this.#graph = graph;
    return this.#crew;
  }

  #closeLater(): void {
    this.#giveUp = setTimeout(() => void this.close(), patience);
    // Browsers give a number, and have no process to keep alive.
    if (typeof this.#giveUp === 'object') this.#giveUp.unref();
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    clearTimeout(this.#giveUp);
    const crew = this.#crew;
    this.#crew = undefined;
    this.#graph = undefined;
    await crew?.close();
  }
}

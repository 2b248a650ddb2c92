/** What ran in a turn of the event loop, by V8's sampling profiler. */
import { type Profiler, Session } from 'node:inspector';

/** A profiler at work. */
export interface Recording {
  /** Ends it: the functions on the stack in the samples of a span of time, as on `performance.now()`, with their shares. */
  stop(): Promise<(from: number, to: number) => string[]>;
}

const samplingMicroseconds = 200;
const shown = 6;
const depth = 8;

export async function record(): Promise<Recording> {
  const session = new Session();
  session.connect();
  await post(session, 'Profiler.enable');
  await post(session, 'Profiler.setSamplingInterval', { interval: samplingMicroseconds });
  await post(session, 'Profiler.start');
  return {
    async stop() {
      const profile = await new Promise<Profiler.Profile>((resolve, reject) =>
        session.post('Profiler.stop', (error, answer) => (error === null ? resolve(answer.profile) : reject(error))),
      );
      session.disconnect();
      return (from, to) => busiest(profile, from, to);
    },
  };
}

function post(session: Session, method: string, parameters: object = {}): Promise<void> {
  return new Promise((resolve, reject) =>
    session.post(method, parameters, (error) => (error === null ? resolve() : reject(error))),
  );
}

/** The functions with the most samples of their own, each with those that called it. */
function busiest(profile: Profiler.Profile, from: number, to: number): string[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  // Both clocks are the monotonic one of the system, in microseconds.
  const origin = Number(process.hrtime.bigint() / 1_000n) - performance.now() * 1_000;
  const counts = new Map<string, number>();
  let time = profile.startTime;
  let all = 0;
  for (const [i, id] of (profile.samples ?? []).entries()) {
    time += profile.timeDeltas?.[i] ?? 0;
    if (time < origin + from * 1_000 || time > origin + to * 1_000) continue;
    all += 1;
    const stack: string[] = [];
    for (let at: number | undefined = id; at !== undefined && stack.length < depth; at = parents.get(at)) {
      const { functionName, url } = nodes.get(at)!.callFrame;
      if (functionName === '(root)' || url.startsWith('node:internal/')) continue;
      stack.push(functionName || '(anonymous)');
    }
    const key = stack.join(' < ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, shown)
    .map(([stack, count]) => `${Math.round((100 * count) / all)} % ${stack}`);
}

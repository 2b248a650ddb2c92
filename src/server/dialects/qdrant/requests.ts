import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { ServerEnv } from '../../dialect.ts';
import type { Json } from './body.ts';

/** What was answered to one kind of request with one status. */
interface Answers {
  count: number;
  sumMicros: number;
  leastMicros: number;
  mostMicros: number;
  last: Date;
}

/** Counts answers by route, collection and status, for telemetry and metrics. */
export class RequestLog {
  readonly #collections = new Map<string, Map<string, Map<number, Answers>>>();

  readonly middleware: MiddlewareHandler<ServerEnv> = async (context, next) => {
    const start = performance.now();
    await next();
    const route = routePath(context, -1)
      .replace(/:name/, '{collection_name}')
      .replace(/:(\w+)/g, '{$1}');
    // Requests to no route are not counted: their paths would fill the memory.
    if (route.includes('*') || route === '') return;
    const micros = (performance.now() - start) * 1000;
    const { status } = context.res;
    // Nor are names that nothing goes by.
    const collection = status === 404 || status === 422 ? '' : (context.req.param('name') ?? '');
    this.#add(collection, `${context.req.method} ${route}`, status, micros);
  };

  #add(collection: string, endpoint: string, status: number, micros: number): void {
    const endpoints = inMap(this.#collections, collection, () => new Map<string, Map<number, Answers>>());
    const statuses = inMap(endpoints, endpoint, () => new Map<number, Answers>());
    const answers = inMap(statuses, status, () => ({
      count: 0,
      sumMicros: 0,
      leastMicros: Number.POSITIVE_INFINITY,
      mostMicros: 0,
      last: new Date(),
    }));
    answers.count += 1;
    answers.sumMicros += micros;
    answers.leastMicros = Math.min(answers.leastMicros, micros);
    answers.mostMicros = Math.max(answers.mostMicros, micros);
    answers.last = new Date();
  }

  forget(collection: string): void {
    this.#collections.delete(collection);
  }

  /** By endpoint and status, all collections together. */
  responses(): Json {
    const sums: Record<string, Record<string, Json>> = {};
    for (const { endpoint, status, answers } of this.#all()) {
      const before = sums[endpoint]?.[status] as { count: number } | undefined;
      const shown = shownAnswers(answers);
      sums[endpoint] = { ...sums[endpoint], [status]: { ...shown, count: answers.count + (before?.count ?? 0) } };
    }
    return sums;
  }

  /** In the text format of Prometheus. */
  metrics(perCollection: boolean): string {
    const counts = new Map<string, number>();
    for (const { collection, endpoint, status, answers } of this.#all()) {
      const [method, path] = endpoint.split(' ');
      const label = perCollection && collection !== '' ? `,collection="${escaped(collection)}"` : '';
      const labels = `{method="${method}",endpoint="${path}",status="${status}"${label}}`;
      counts.set(labels, (counts.get(labels) ?? 0) + answers.count);
    }
    const lines = [...counts].map(([labels, count]) => `rest_responses_total${labels} ${count}\n`);
    return `# HELP rest_responses_total total number of responses\n# TYPE rest_responses_total counter\n${lines.join('')}`;
  }

  *#all(): Generator<{ collection: string; endpoint: string; status: number; answers: Answers }> {
    for (const [collection, endpoints] of this.#collections)
      for (const [endpoint, statuses] of endpoints)
        for (const [status, answers] of statuses) yield { collection, endpoint, status, answers };
  }
}

function inMap<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function shownAnswers({ count, sumMicros, leastMicros, mostMicros, last }: Answers): Json {
  return {
    count,
    avg_duration_micros: sumMicros / count,
    min_duration_micros: leastMicros,
    max_duration_micros: mostMicros,
    total_duration_micros: Math.round(sumMicros),
    last_responded: last.toISOString(),
  };
}

/** A label's value. */
export function escaped(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}

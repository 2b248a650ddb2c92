import { withMarks, withoutMarks } from './json.ts';

/** A request that is refused before any route sees it. */
export class BadBody extends Error {
  readonly status: 400 | 413 | 415;

  constructor(status: 400 | 413 | 415, message: string) {
    super(message);
    this.status = status;
  }
}

/** Levels of arrays and objects in a body. */
const maxDepth = 128;

/**
 * The JSON body of a request, no larger than `maxBytes`; undefined for an empty one. `bigIntegers`: integers that a double cannot hold are
 * read as `bigint`.
 *
 * @throws {@link BadBody}
 */
export async function readJsonBody(request: Request, maxBytes: number, bigIntegers = false): Promise<unknown> {
  if (request.body === null) return undefined;
  const bytes = await readBytes(request.body, Number(request.headers.get('content-length') ?? Number.NaN), maxBytes);
  if (bytes.byteLength === 0) return undefined;
  // A body of another type is what a page of another origin can send without asking.
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new BadBody(415, 'Content type error: bodies are application/json');
  let value: unknown;
  let marked = false;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const prepared = bigIntegers ? withMarks(text) : text;
    marked = prepared !== text;
    value = JSON.parse(prepared);
  } catch (error) {
    throw new BadBody(400, `Format error in JSON body: ${error instanceof SyntaxError ? error.message : 'not UTF-8'}`);
  }
  if (isDeeperThan(value, maxDepth))
    throw new BadBody(400, `Format error in JSON body: recursion limit exceeded (${maxDepth} levels)`);
  return marked ? withoutMarks(value) : value;
}

async function readBytes(body: ReadableStream<Uint8Array>, declared: number, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new BadBody(413, `JSON payload is larger than allowed (limit: ${maxBytes} bytes).`);
  if (declared > maxBytes) {
    await body.cancel();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** Without recursion: the value may be as deep as the body is long. */
function isDeeperThan(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const member of Array.isArray(item) ? item : Object.values(item)) {
        if (typeof member === 'object' && member !== null) next.push(member);
      }
    }
    level = next;
  }
  return false;
}

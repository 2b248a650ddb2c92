import type { FailureStatus } from '../../dialect.ts';

type QdrantStatus = FailureStatus | 409 | 422;

/** A refusal in Qdrant's words: what its own server puts into `status.error`. */
export class QdrantError extends Error {
  readonly status: QdrantStatus;

  constructor(status: QdrantStatus, message: string) {
    super(message);
    this.status = status;
  }
}

/** A body that Qdrant's deserialiser does not take. */
export function malformed(problem: string): QdrantError {
  return new QdrantError(400, `Format error in JSON body: ${problem}`);
}

/** A body that is well-formed, and out of bounds. */
export function invalidBody(problem: string): QdrantError {
  return new QdrantError(422, `Validation error in JSON body: [${problem}]`);
}

export function wrongInput(problem: string): QdrantError {
  return new QdrantError(400, `Wrong input: ${problem}`);
}

export function notFound(what: string): QdrantError {
  return new QdrantError(404, `Not found: ${what}`);
}

/** Something that Qdrant has and this server does not. */
export function notCovered(what: string): QdrantError {
  return new QdrantError(501, `this server does not cover ${what}`);
}

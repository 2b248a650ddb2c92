/** Words and numbers of the vendor's errors, by HTTP status. */
const codes: { readonly [status: number]: { readonly word: string; readonly rpc: number } } = {
  400: { word: 'INVALID_ARGUMENT', rpc: 3 },
  401: { word: 'UNAUTHENTICATED', rpc: 16 },
  403: { word: 'FORBIDDEN', rpc: 7 },
  404: { word: 'NOT_FOUND', rpc: 5 },
  405: { word: 'UNIMPLEMENTED', rpc: 12 },
  409: { word: 'ALREADY_EXISTS', rpc: 6 },
  413: { word: 'INVALID_ARGUMENT', rpc: 11 },
  415: { word: 'INVALID_ARGUMENT', rpc: 3 },
  421: { word: 'FORBIDDEN', rpc: 7 },
  500: { word: 'INTERNAL', rpc: 13 },
  501: { word: 'UNIMPLEMENTED', rpc: 12 },
};

/** A request that is answered with an error. */
export class Fault extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Short for the most frequent one. */
export function badRequest(message: string): Fault {
  return new Fault(400, message);
}

/** An error of the control plane: `{ status, error: { code, message } }`. A rejected key is plain text, as at the vendor. */
export function controlFailure(status: number, message: string): Response {
  if (status === 401) return new Response(message, { status, headers: { 'content-type': 'text/plain' } });
  return Response.json({ error: { code: codes[status]?.word ?? 'UNKNOWN', message }, status }, { status });
}

/** An error of the data plane: gRPC's status as JSON. */
export function dataFailure(status: number, message: string): Response {
  return Response.json({ code: codes[status]?.rpc ?? 2, message, details: [] }, { status });
}

/** The first version of the API that describes an index by its schema. */
const schemaVersion = '2026-07';

/** Whether a request is in that version, in a preview of it, or in none. */
export function isSchemaVersion(request: Request): boolean {
  const version = request.headers.get('x-pinecone-api-version') ?? schemaVersion;
  return version >= schemaVersion || version.endsWith('.alpha');
}

import type { PayloadSchema } from '../src/types.ts';

type Validate = PayloadSchema['~standard']['validate'];

function schemaOf(validate: Validate): PayloadSchema {
  return { '~standard': { version: 1, vendor: 'anyvec-conformance', validate } };
}

/** A small payload schema by the Standard Schema interface: `title` must be text; it is trimmed, and `checked: true` is added. */
export const titleSchema: PayloadSchema = schemaOf((value) => {
  const title: unknown = typeof value === 'object' && value !== null && 'title' in value ? value.title : undefined;
  if (typeof title !== 'string') return { issues: [{ message: 'title must be text', path: ['title'] }] };
  return { value: { ...(value as object), title: title.trim(), checked: true } };
});

/** The same, asynchronously. */
export const asyncTitleSchema: PayloadSchema = schemaOf(async (value) => {
  await Promise.resolve();
  return titleSchema['~standard'].validate(value);
});

/** A schema that is broken itself. */
export const throwingSchema: PayloadSchema = schemaOf(() => {
  throw new RangeError('the schema is broken');
});

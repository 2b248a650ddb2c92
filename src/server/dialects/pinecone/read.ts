import type { z } from 'zod';
import { badRequest } from './fault.ts';

/** A body as its schema puts it out. @throws 400 */
export function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badRequest(
    `Invalid request${issue === undefined ? '' : ` at ${issue.path.map(String).join('.') || 'the body'}: ${issue.message}`}`,
  );
}

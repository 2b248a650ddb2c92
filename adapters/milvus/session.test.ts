import { expect, test } from 'vitest';
import { Session } from './session.ts';
import { consistencyLevels } from './wire/requests.ts';

const { strong, session, bounded, eventually } = consistencyLevels;

/** A session of which a strong read was answered. */
function caughtUp(): Session {
  const own = new Session();
  own.answered(own.moment('session'));
  return own;
}

test('reads are strong until a strong one was answered, and bounded from then on', () => {
  const own = new Session();
  const first = own.moment('session');
  expect(first.level).toBe(strong);
  expect(own.moment('session').level).toBe(strong);
  own.answered(first);
  expect(own.moment('session').level).toBe(bounded);
  expect(own.moment('strong').level).toBe(strong);
  expect(own.moment('eventual').level).toBe(eventually);
});

test('a read after a write waits for the last write, whatever the order of the answers', () => {
  const own = caughtUp();
  own.wrote(7n);
  own.wrote(5n);
  expect(own.moment('session')).toEqual({ level: session, timestamp: 7n });
});

test('a write without a timestamp makes the next read strong', () => {
  const own = caughtUp();
  own.wrote(0n);
  expect(own.moment('session').level).toBe(strong);
});

test('once the collection is loaded again reads are strong until one that began afterwards was answered', () => {
  const own = caughtUp();
  own.wrote(7n);
  const before = own.moment('strong');
  own.doubt();
  own.answered(before);
  const after = own.moment('session');
  expect(after.level).toBe(strong);
  own.answered(after);
  expect(own.moment('session')).toEqual({ level: session, timestamp: 7n });
});

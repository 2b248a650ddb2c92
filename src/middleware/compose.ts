import type { Driver } from '../driver.ts';

/** Wraps a driver: sees every call between the portable layer and the backend. */
export type Middleware = (driver: Driver) => Driver;

/** Applies middleware so that the first one is outermost: it sees a call first and its answer last. */
export function compose(driver: Driver, middleware: readonly Middleware[]): Driver {
  return middleware.reduceRight((inner, wrap) => wrap(inner), driver);
}

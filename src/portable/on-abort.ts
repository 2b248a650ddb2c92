const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when a signal fires (at once if it has); returns what ends the waiting. One listener per signal, however many wait: a user who
 * gives one signal to a hundred calls would otherwise be warned of a leak.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  const callbacks = waiting.get(signal) ?? listen(signal);
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

function listen(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  waiting.set(signal, callbacks);
  const fire = () => {
    for (const callback of callbacks) callback();
    callbacks.clear();
  };
  signal.addEventListener('abort', fire, { once: true });
  return callbacks;
}

/** Counts the turns of the event loop until a promise is settled. */
export async function turnsUntil(settled: Promise<unknown>): Promise<number> {
  let turns = 0;
  let going = true;
  const next = () => {
    turns += 1;
    if (going) setImmediate(next);
  };
  setImmediate(next);
  await settled.finally(() => {
    going = false;
  });
  return turns;
}

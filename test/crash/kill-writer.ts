/**
 * A process that opens a database, says what it finds, and then writes until it is killed:
 * `node kill-writer.js <directory> <durability> <seed> <kill point or none> [planted]`. With a kill point `<call>:<n>` it kills itself at the
 * n-th such call of the file system. It says on its standard output, one JSON value a line:
 *
 * `"ready"` before it opens the database; `{ found, recovery }` when it has read everything back; `{ S: [operations] }` before operations are
 * carried out together; `{ A: i }` when the i-th of them was acknowledged.
 */
import { writeSync } from 'node:fs';
import { nodeFileSystem } from '../../src/engine/storage/node-filesystem.ts';
import type { Durability } from '../../src/engine/storage/settings.ts';
import { openDatabase, Session } from './database.ts';
import { Generator, type WorkloadShape } from './generate.ts';
import { killedAt } from './kill-points.ts';
import { Model } from './model.ts';
import { observe } from './observe.ts';
import { Random } from './random.ts';
import { keepsLastWriteBack } from './sabotage.ts';

const shape: WorkloadShape = { ids: 150, batch: 40, collections: ['one', 'two'], namespaces: ['', 'tenant/1'] };
const [directory, durability, seed, killPoint, planted] = process.argv.slice(2) as [
  string,
  Durability,
  string,
  string,
  string | undefined,
];

function say(value: unknown): void {
  writeSync(1, `${JSON.stringify(value)}\n`);
}

async function main(): Promise<void> {
  process.chdir(directory);
  say('ready');
  const files = planted === undefined ? nodeFileSystem : keepsLastWriteBack(nodeFileSystem);
  const fs = killPoint === 'none' ? files : killedAt(files, killPoint);
  const db = await openDatabase(fs, durability);
  const { components, recovery } = await observe(db);
  say({ found: [...components], recovery });
  const model = Model.of(components);
  const generator = new Generator(shape, new Random(Number(seed)));
  const session = new Session(db);
  for (;;) {
    const ops = generator.group(model);
    say({ S: ops });
    await Promise.all(
      ops.map(async (op, i) => {
        await session.perform(op);
        model.apply(op);
        say({ A: i });
      }),
    );
  }
}

await main();

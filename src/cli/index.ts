#!/usr/bin/env node
/** Node only. The `anyvec` command. */
import { main } from './main.ts';

// Somebody who reads only the beginning, as `head` does, ends the output, and that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await main(process.argv.slice(2));

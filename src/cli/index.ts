#!/usr/bin/env node
/** Node only. The `anyvec` command. */
import { main } from './main.ts';

process.exitCode = await main(process.argv.slice(2));

/** Node only. `anyvec doctor`: what is installed, reachable and missing. */
import { clip, type Palette, paletteFor, printable, textWidth, widthOf, wrap } from '../terminal/layout.ts';
import type { Command, Given } from './commands.ts';
import { type Connection, connectionNotes, readConnections } from './connection.ts';
import {
  checkConnection,
  checkEnvironment,
  checkPackages,
  checkRuntime,
  type Finding,
  manifest,
  type State,
} from './doctor-checks.ts';
import { asText, configArgument, wholeNumber } from './options.ts';

/** Printed below the options by `anyvec doctor --help`. */
export const notes = `Checks Node and the engine, every optional package (installed, in a supported version, loads), the environment (names
only, never values), and that each database given, or $ANYVEC_URL, is reached and lets its collections be listed.
What is missing comes with the command that mends it. Nothing is written.

${connectionNotes}
JSON     one object on one line: {"ok","version","findings":[{"section","name","state","detail","fix"}]}
Exit     0 if all that was asked for works; an optional package that is missing is no fault; else 1; 2 for wrong usage
Examples anyvec doctor
         anyvec doctor qdrant://localhost:6333 native:./data
         anyvec doctor @prod @staging --config connections.json --json`;

/** `anyvec doctor [URL …] [--timeout SECONDS] [--config FILE] [--json]` */
export const command: Command = {
  meta: { name: 'doctor', description: 'Say what is installed, reachable and missing, and how to mend it' },
  args: {
    url: {
      type: 'positional',
      required: false,

      description: 'Databases to reach (default: $ANYVEC_URL)',
    },
    timeout: { type: 'string', valueHint: 'SECONDS', description: 'For each database (default: 10)' },
    ...configArgument,
    json: { type: 'boolean', description: 'Print one JSON object instead of text' },
  },
  run: ({ args }) => runDoctor(args),
};

async function runDoctor({ _: urls, timeout, config, json }: Given): Promise<number> {
  const timeoutMs = (wholeNumber(timeout, '--timeout', 1, 3_600) ?? 10) * 1_000;
  const connections = await connectionsOf(urls, asText(config));
  const findings = [...(await checkRuntime()), ...(await checkPackages()), ...checkEnvironment()];
  // One after another, so that latencies are those of each alone.
  for (const connection of connections) findings.push(await checkConnection(connection, timeoutMs));
  const ok = findings.every(({ state }) => state !== 'failed');
  const { version } = manifest();
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ ok, version, node: process.versions.node, platform: `${process.platform}-${process.arch}`, findings })}\n`
      : `${render(version, findings, widthOf(process.stdout), paletteFor(process.stdout))}\n`,
  );
  return ok ? 0 : 1;
}

/** None is fine: then no database was asked for. */
async function connectionsOf(urls: readonly string[], config: string | undefined): Promise<Connection[]> {
  if (urls.length > 0) return readConnections(urls, config);
  return config !== undefined || process.env.ANYVEC_URL ? readConnections([undefined], config) : [];
}

const titles = {
  runtime: 'Runtime',
  packages: 'Optional packages',
  environment: 'Environment',
  connections: 'Databases',
};
const marks: Record<State, string> = { ok: 'ok', missing: '–', warning: 'warning', failed: 'FAILED' };

function render(version: string, findings: readonly Finding[], width: number, palette: Palette): string {
  const names = Math.min(40, Math.max(...findings.map(({ name }) => textWidth(printable(name)))));
  const indent = ' '.repeat(11 + names + 2);
  const renderOne = ({ name, state, detail, fix }: Finding) => {
    const mark = state === 'ok' ? palette.dim(marks[state].padEnd(9)) : palette.bold(marks[state].padEnd(9));
    const shown = clip(printable(name), names);
    const [first = '', ...rest] = wrap(printable(detail), width - indent.length, 10);
    const lines = [
      `  ${mark}${shown}${' '.repeat(names + 2 - textWidth(shown))}${first}`,
      ...rest.map((line) => indent + line),
    ];
    // Not wrapped: it is there to be copied.
    if (fix !== undefined) lines.push(`${indent}${palette.accent(fix)}`);
    return lines.join('\n');
  };
  const sections = Object.entries(titles).flatMap(([section, title]) => {
    const found = findings.filter((finding) => finding.section === section);
    return found.length === 0 ? [] : [[palette.bold(title), ...found.map(renderOne)].join('\n')];
  });
  const head = `anyvec ${version}, Node ${process.versions.node}, ${process.platform}-${process.arch}`;
  return [head, ...sections, outcome(findings)].join('\n\n');
}

function outcome(findings: readonly Finding[]): string {
  const failed = findings.filter(({ state }) => state === 'failed').length;
  const warnings = findings.filter(({ state }) => state === 'warning').length;
  const also = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  return `${failed === 0 ? 'All that was asked for works' : `${failed} failed`}${also}`;
}

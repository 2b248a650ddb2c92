/**
 * A vitest reporter that writes what failed to the file `ANYVEC_FAILURES`: tests, files as a whole, and errors that belong to
 * no test. `npm test` prints it once more at its end, where a log of which only the end is kept still has it.
 */
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';

const file = process.env.ANYVEC_FAILURES;

/** @typedef {import('vitest/reporters').Reporter} Reporter */
/** @typedef {{ message?: string, stack?: string }} Failure */

/** @implements {Reporter} */
export default class FailuresReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly Failure[]} unhandled
   */
  onTestRunEnd(modules, unhandled) {
    const lines = modules
      .flatMap(failuresOf)
      .concat(unhandled.map((error) => describe('outside of any test', [error])));
    if (file !== undefined && lines.length > 0) appendFileSync(file, `${lines.join('\n')}\n`);
  }
}

/** @param {import('vitest/node').TestModule} module */
function failuresOf(module) {
  const path = relative(process.cwd(), module.moduleId);
  const tests = [...module.children.allTests('failed')].map((test) =>
    describe(`${path} > ${test.fullName}`, test.result().errors ?? []),
  );
  const whole = module.errors().length > 0 ? [describe(path, module.errors())] : [];
  const suites = [...module.children.allSuites()]
    .filter((suite) => suite.errors().length > 0)
    .map((suite) => describe(`${path} > ${suite.fullName}`, suite.errors()));
  return [...whole, ...suites, ...tests];
}

/**
 * @param {string} where
 * @param {readonly Failure[]} errors
 */
const describe = (where, errors) =>
  [`FAILED ${where}`, ...errors.map(({ message, stack }) => head(message, stack))].join('\n');

/**
 * @param {string} [message]
 * @param {string} [stack]
 */
function head(message = '', stack = '') {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line) || line.startsWith(' ❯'));
  return [...message.split('\n').slice(0, 12), ...frames.slice(0, 3)].map((line) => `  ${line}`).join('\n');
}

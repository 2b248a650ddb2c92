/** Counts what ran, for the last line of `npm test`. */

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {Counts} one
 * @param {Counts} other
 * @returns {Counts}
 */
export function addCounts(one, other) {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

/**
 * The tests of a vitest JSON report. A file that failed as a whole (it could not be loaded, a hook threw) counts as one
 * failure beside its tests' own; a report that is missing or has no test in it is a failure too.
 * @param {unknown} report
 * @returns {Counts}
 */
export function countTests(report) {
  const files = testFiles(report);
  const counts = files.map(countFile).reduce(addCounts, { passed: 0, failed: 0, skipped: 0 });
  return counts.passed + counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

/** @param {Counts} counts */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** @typedef {{ status?: string, assertionResults?: { status?: string }[] }} TestFile */

/** @param {TestFile} file */
function countFile({ status, assertionResults = [] }) {
  const passed = assertionResults.filter((test) => test.status === 'passed').length;
  const failed = assertionResults.filter((test) => test.status === 'failed').length;
  const skipped = assertionResults.length - passed - failed;
  return { passed, failed: failed === 0 && status === 'failed' ? 1 : failed, skipped };
}

/**
 * @param {unknown} report
 * @returns {TestFile[]}
 */
function testFiles(report) {
  if (typeof report !== 'object' || report === null || !('testResults' in report)) return [];
  return Array.isArray(report.testResults) ? report.testResults : [];
}

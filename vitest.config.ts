import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conformance = ['adapters/*/conformance*.test.ts', 'conformance/**/*.test.ts'];

/** Tests that need the real Milvus servers, which are started (and installed, if need be) for all of them. */
const servers = [
  'adapters/milvus/{access,bad-configuration,conformance*,faults,filter-differential,hostile-strings}.test.ts',
  'adapters/npy/npy.test.ts',
  'adapters/parquet/tools.test.ts',
  'conformance/backends-document.test.ts',
  'examples/{migrate,tls}/milvus.test.ts',
  'test/migrate/{kill,pairs}-milvus.test.ts',
];

export default defineConfig({
  resolve: { alias: packageEntryPoints() },
  test: {
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // The native libraries' own thread pools would fight the workers over the cores.
    env: { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'adapters/**/*.ts', 'conformance/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.test-d.ts'],
      reporter: ['text-summary', 'html'],
    },
    // What is waited for may take its time on a machine that is busy; it fails only where it never comes.
    expect: { poll: { timeout: 15_000 } },
    // Groups run one after another: tests that compile, install or measure have the machine to themselves.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,adapters,scripts,examples}/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...conformance, 'test/{browser,packaging}/**', ...servers],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: conformance,
          exclude: servers,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: servers,
          globalSetup: 'conformance/backends/milvus-global-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // While Milvus loads the collection of one case, others can go on.
          maxConcurrency: 8,
          maxWorkers: Math.max(3, availableParallelism() - 1),
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: { enabled: true, only: true, include: ['**/*.test-d.ts'] },
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          name: 'packaging',
          include: ['test/{browser,packaging}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
});

/** Tests and examples import the package by its name: here that means its sources, in the published package dist. */
function packageEntryPoints() {
  const file = new URL('./package.json', import.meta.url);
  const { name, exports } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries<string | { default: string }>(exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return [];
    const source = target.default.replace(/^\.\/dist\/(.+)\.js$/, './$1.ts');
    return [
      {
        find: new RegExp(`^${name}${subpath.slice(1)}$`),
        replacement: fileURLToPath(new URL(source, import.meta.url)),
      },
    ];
  });
}

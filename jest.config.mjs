// Tests have a copy of the environment: what libs/neural sets there, native libraries don't see.
process.env.ORT_DISABLE_TELEMETRY = '1'

/** One configuration for the whole tree: TypeScript is stripped by swc, modules stay ESM. */
export default {
  testEnvironment: '<rootDir>/tests/typed-array-environment.mjs',
  roots: ['<rootDir>/libs', '<rootDir>/services', '<rootDir>/deployment', '<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
  testTimeout: 30_000,
  maxWorkers: 2,
}

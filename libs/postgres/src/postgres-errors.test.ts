import { expect, test } from '@jest/globals'
import { TransientError, UnprocessableError } from '@ott/pipeline/errors'
import fc from 'fast-check'
import { translatePostgresError } from './postgres-errors.ts'

const withCode = (code: string, message = 'it failed') => Object.assign(new Error(message), { code })

test.each([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  '08006',
  '40001',
  '40P01',
  '53300',
  '55P03',
  '57P01',
  '57P03',
  '57014',
  '58030',
])('%s says "not now"', (code) => expect(translatePostgresError(withCode(code))).toBeInstanceOf(TransientError))

test.each([
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
])('"%s" says "not now"', (message) => {
  expect(translatePostgresError(new Error(message))).toBeInstanceOf(TransientError)
})

test('a value that can not be stored says "never this", and never says which', () => {
  fc.assert(
    fc.property(fc.constantFrom('22021', '22P05', '22008', '22003', '23505', '23502', '23514'), (code) => {
      const error = translatePostgresError(withCode(code, 'Key (username)=(ada) already exists'))
      expect(error).toBeInstanceOf(UnprocessableError)
      expect(error.message).not.toContain('ada')
    }),
  )
})

test.each(['42501', '42P01', '42601', '3D000', '28P01', 'XX000'])("%s is nobody's guess and stays what it is", (code) => {
  const error = withCode(code)
  expect(translatePostgresError(error)).toBe(error)
})

test('what is translated already stays as it is, and what is no error becomes one', () => {
  for (const error of [new TransientError('x'), new UnprocessableError('r', 'x')]) expect(translatePostgresError(error)).toBe(error)
  expect(translatePostgresError('text')).toEqual(new Error('text'))
})

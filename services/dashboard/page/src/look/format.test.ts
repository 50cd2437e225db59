import { expect, test } from '@jest/globals'
import { evidencePairs, formatFactor, formatNumber, formatTime, formatValue } from './format.ts'

test('a time of another day tells the day', () => {
  const now = new Date('2026-03-02T12:00:00')
  expect(formatTime('2026-03-02T11:00:00', now)).not.toContain('2026')
  expect(formatTime('2025-11-01T11:00:00', now)).toContain('2025')
  expect(formatTime('no time', now)).toBe('no time')
})

test('names, numbers and values read as people write them', () => {
  expect(formatFactor('impossibleTravel')).toBe('impossible travel')
  expect(formatFactor('signInFailures')).toBe('sign-in failures')
  expect([0, 0.25, 3, 1234.4].map(formatNumber)).toEqual(['0', '0.3', '3', '1,234'])
  expect([null, 'x', false, { a: [1] }].map(formatValue)).toEqual(['none', 'x', 'false', '{"a":[1]}'])
  expect(evidencePairs({ country: 'US', titles: 2 })).toEqual([['country', 'US'], ['titles', '2']])
  expect(evidencePairs('text')).toEqual([['value', 'text']])
})

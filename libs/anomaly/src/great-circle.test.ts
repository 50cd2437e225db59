import { expect, test } from '@jest/globals'
import { greatCircleKm } from './great-circle.ts'

test('distances agree with published ones', () => {
  // Great circle between the airports JFK and LHR: 5,540 km.
  expect(Math.abs(greatCircleKm(40.6413, -73.7781, 51.47, -0.4543) - 5_540)).toBeLessThan(10)
  expect(greatCircleKm(52.52, 13.405, 52.52, 13.405)).toBe(0)
})

test('a degree across the date line is a degree, and antipodes lie half a circumference apart', () => {
  expect(greatCircleKm(0, 179.5, 0, -179.5)).toBeCloseTo(111.195, 2)
  expect(greatCircleKm(12.3, 45.6, -12.3, -134.4)).toBeCloseTo(Math.PI * 6_371.0088, 3)
})

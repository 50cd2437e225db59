/** A city where viewers live or turn up. */
export interface Place {
  readonly city: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** The subdivision part of ISO 3166-2. */
  readonly region: string
  readonly latitude: number
  readonly longitude: number
  /** Standard time, hours ahead of UTC: says when the evening is. */
  readonly utcOffsetHours: number
}

const place = (city: string, country: string, region: string, latitude: number, longitude: number, utcOffsetHours: number): Place => ({
  city,
  country,
  region,
  latitude,
  longitude,
  utcOffsetHours,
})

/** Where viewers live. */
export const homes: readonly Place[] = [
  place('Berlin', 'DE', 'BE', 52.52, 13.405, 1),
  place('Hamburg', 'DE', 'HH', 53.551, 9.994, 1),
  place('Munich', 'DE', 'BY', 48.137, 11.575, 1),
  place('Paris', 'FR', 'IDF', 48.857, 2.352, 1),
  place('Lyon', 'FR', 'ARA', 45.764, 4.836, 1),
  place('New York', 'US', 'NY', 40.713, -74.006, -5),
  place('Chicago', 'US', 'IL', 41.878, -87.63, -6),
  place('Los Angeles', 'US', 'CA', 34.052, -118.244, -8),
  place('London', 'GB', 'LND', 51.507, -0.128, 0),
  place('Manchester', 'GB', 'MAN', 53.481, -2.242, 0),
  place('São Paulo', 'BR', 'SP', -23.551, -46.633, -3),
  place('Recife', 'BR', 'PE', -8.047, -34.877, -3),
]

/** Nobody's home, and at least 5,000 km from each: where stolen accounts turn up. */
export const farAway: readonly Place[] = [
  place('Singapore', 'SG', '01', 1.352, 103.82, 8),
  place('Tokyo', 'JP', '13', 35.677, 139.65, 9),
  place('Sydney', 'AU', 'NSW', -33.869, 151.209, 10),
  place('Jakarta', 'ID', 'JK', -6.208, 106.846, 7),
]

export interface Coordinates {
  readonly latitude: number
  readonly longitude: number
}

/** Great-circle distance on a sphere of the Earth's mean radius, 6,371 km, by the haversine formula (Sinnott 1984). */
export function distanceKm(from: Coordinates, to: Coordinates): number {
  const radians = Math.PI / 180
  const halfLatitude = ((to.latitude - from.latitude) * radians) / 2
  const halfLongitude = ((to.longitude - from.longitude) * radians) / 2
  const chord =
    Math.sin(halfLatitude) ** 2 + Math.cos(from.latitude * radians) * Math.cos(to.latitude * radians) * Math.sin(halfLongitude) ** 2
  return 2 * 6_371 * Math.asin(Math.sqrt(Math.min(1, chord)))
}

/** Mean radius of the Earth, IUGG, in km. */
const earthRadiusKm = 6_371.0088

/** Distance over the surface of a sphere in km, by the haversine formula (Sinnott 1984), from degrees. */
export function greatCircleKm(latitude1: number, longitude1: number, latitude2: number, longitude2: number): number {
  const radians = Math.PI / 180
  const sinLatitude = Math.sin(((latitude2 - latitude1) * radians) / 2)
  const sinLongitude = Math.sin(((longitude2 - longitude1) * radians) / 2)
  const chord = sinLatitude ** 2 + Math.cos(latitude1 * radians) * Math.cos(latitude2 * radians) * sinLongitude ** 2
  // Rounding may carry antipodes past 1.
  return 2 * earthRadiusKm * Math.asin(Math.sqrt(Math.min(1, chord)))
}

/** More texts than this are taken for texts built on the fly, which no connection should keep forever. */
const namesMax = 200

/** `with recursive` looks rows up; it is planned each time. */
const insertPattern = /^\s*(insert|with\s+(?!recursive\s)\w+\s+as\s.*\binsert\s+into)\s/is

/** The name under which connections keep a statement prepared; undefined: parse and plan it each time. */
export type NameStatement = (text: string) => string | undefined

/**
 * Names inserts, also those that begin with what they insert (`with … as (…)`), so that each connection parses, rewrites and plans each text once: under row-level security that costs more than
 * inserting the few rows of a small batch. What looks rows up is planned each time: a plan made while its tables were nearly
 * empty scans them whole, and is kept until they are next analysed.
 */
export function nameStatements(): NameStatement {
  const names = new Map<string, string>()
  return (text) => {
    if (!insertPattern.test(text)) return undefined
    const known = names.get(text)
    if (known !== undefined || names.size >= namesMax) return known
    const name = `s${names.size + 1}`
    names.set(text, name)
    return name
  }
}

/** More texts than this are taken for texts built on the fly, which no connection should keep forever. */
const namesMax = 200

/** The name under which connections keep a statement prepared; undefined: parse it each time. */
export type NameStatement = (text: string) => string | undefined

/**
 * Names statements, so that each connection parses, rewrites and mostly plans each text once. With row-level security that
 * costs more than executing it on the few rows of a small batch.
 */
export function nameStatements(): NameStatement {
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined || names.size >= namesMax) return known
    const name = `s${names.size + 1}`
    names.set(text, name)
    return name
  }
}

/**
 * Runs work in one database transaction that sees and writes only the rows of these tenants.
 * Rejects with {@link TransientError} when the database is away and {@link UnprocessableError} when a value can't be stored.
 */
export type UnitOfWork<Tx> = <T>(tenants: readonly string[], work: (tx: Tx) => Promise<T>) => Promise<T>

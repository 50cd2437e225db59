/**
 * Settings of a database for one machine, as `-c` arguments. Durability stays on: what was acknowledged survives a power cut.
 * The rest trades memory for fewer, smoother writes.
 */
export function databaseSettings(own: Readonly<Record<string, string>>): string[] {
  const settings = {
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    checkpoint_completion_target: '0.9',
    wal_compression: 'on',
    // Filling a new segment with 16 MB of zeros holds up every commit meanwhile.
    wal_init_zero: 'off',
    max_connections: '100',
    password_encryption: 'scram-sha-256',
    log_checkpoints: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...own,
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

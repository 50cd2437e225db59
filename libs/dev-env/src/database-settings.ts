/**
 * Settings of a database for one machine, as `-c` arguments. Durability stays on: what was acknowledged survives a power cut.
 * The rest trades memory for fewer, smoother writes.
 */
export function databaseSettings(own: Readonly<Record<string, string>>): string[] {
  const settings = {
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // Few pages, written early and on the disk at once: the kernel would keep what is older than half a minute, then write
    // it in one go, and every commit would wait for a fifth of a second.
    shared_buffers: '96MB',
    backend_flush_after: '256kB',
    bgwriter_delay: '50ms',
    bgwriter_lru_maxpages: '1000',
    bgwriter_lru_multiplier: '4',
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

/** What a word means to the SQL detector; one character each, so that a text's tokens make a word that patterns can read. */
export const sqlWords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '&': 'and or xor div having',
    '!': 'not',
    '=': 'is between',
    l: 'like rlike regexp ilike glob similar in match',
    U: 'union intersect except minus',
    a: 'all distinct distinctrow unique top',
    S: 'select',
    F: 'from',
    W: 'where',
    B: 'order group',
    b: 'by',
    L: 'limit offset procedure',
    i: 'into',
    c: 'null true false current_user session_user current_database system_user',
    D: 'drop alter truncate create',
    I: 'insert replace',
    u: 'update',
    t: 'set values',
    d: 'delete',
    X: 'exec execute call',
    E: 'declare shutdown waitfor begin if bulk backup grant revoke reconfigure dbcc openrowset handler commit rollback',
    T: 'table database schema view user login function procedure trigger index column role',
    K: 'case',
    w: 'when',
    O: 'outfile dumpfile infile',
    y: 'delay',
  }).flatMap(([kind, words]) => words.split(' ').map((word) => [word, kind] as const)),
)

/** Functions that injections call and sentences don't. */
const strongFunctions = new Set(
  (
    'sleep benchmark pg_sleep extractvalue updatexml load_file randomblob generate_series group_concat elt make_set regexp_substring gtid_subset ' +
    'gtid_subtract xmltype httpuritype pg_read_file lo_import query_to_xml openrowset opendatasource sys_context string_agg name_const ' +
    'polygon multipoint linestring json_keys geometrycollection sys_eval sys_exec pg_ls_dir xmlagg db_name user_name current_setting sqlite_version ' +
    'load_extension utl_encode zeroblob quarter analyse host_name is_srvrolemember system_user suser_sname has_dbaccess unhex ascii substr substring ' +
    'mid bin ord hex nchar chr char concat concat_ws convert cast iif ifnull isnull nullif count'
  ).split(' '),
)
/** These are words of other languages, too: they count only where the rest looks like SQL. */
const weakFunctions = new Set('ascii substr substring mid bin ord hex char chr nchar concat concat_ws convert cast iif ifnull isnull nullif count unhex quarter polygon'.split(' '))

const systemPrefix = /^(?:information_schema\b|sysobjects|syscolumns|sysusers|sys\.|sysibm|mysql\.|pg_(?:catalog|user|shadow|class|database|tables|stat)|master\.|msdb|msysobjects|msysaccess|sqlite_(?:master|schema)|all_(?:users|tables|tab_columns|objects|views)|user_(?:tables|users|tab_columns|objects|catalog)|dba_|rdb\$|v\$|domain\.|dual$|syscat\.|systables|performance_schema)/

const strongPrefix = /^(?:xp_|sp_(?:executesql|oacreate|password|addlogin|makewebtask|addsrvrolemember|configure|who|help)|dbms_|utl_|ctxsys\.|sys\.(?:dbms|database_name)|master(?:\.dbo)?\.\.?xp_|ordsys\.|owa_util)/

/** The kind of a bare word; `f` and `g` need a bracket behind it. */
export function sqlKindOf(word: string, beforeBracket: boolean): string {
  const kind = sqlWords.get(word)
  if (kind !== undefined) return kind
  if (strongPrefix.test(word)) return 'f'
  if (systemPrefix.test(word)) return 'N'
  if (!beforeBracket) return 'n'
  return strongFunctions.has(word) ? (weakFunctions.has(word) ? 'g' : 'f') : 'h'
}

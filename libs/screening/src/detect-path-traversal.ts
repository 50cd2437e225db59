import type { Form } from './decode-layers.ts'

/** Steps upwards, also with the characters that filters are fooled with. */
const climbing = /^\/{1,8}\.{1,2}\/{1,8}\.{1,2}(?:\/|$)|(?:^|[/=:"'(\s])\.{2,8}\/{1,8}\.{2,8}(?:\/|$)|(?:\.{2,8}\/{1,8}){2}|(?:\.\/){6}|\/\.{3,8}\/\.{3,8}(?:\/|$)/
/** One step is a relative address as well: it counts with what is there to be fetched. */
const oneStep = /(?:^|[/=:"'(\s?])\.{2,8}\/{1,8}(?:\.ht|\.env|\.ssh|\.git|\.aws|etc\b|proc\b|windows\b|winnt\b|boot\.ini|win\.ini|web\.config|web-inf|var\b|usr\b|root\b|home\b|bin\b|config\b|conf\b|logs?\b|passwd|shadow|admin|wp-config|[\w./-]{0,60}(?:\.(?:php|asp|aspx|jsp|ini|conf|config|log|htaccess|passwd|cgi|pl|sh|bak|key|pem|xml|properties)\b))|^\/?\.{2,8}\/{1,8}$|^\/{1,8}\.\.|^\.\.\/{1,8}\S{1,40}$|\/\.{2,8}$|\.\.;\//
const unixFile =
  /(?:^|[^a-z0-9_.-])\/{0,4}(?:etc\/{1,4}(?:passwd|shadow|group|hosts?|issue|motd|fstab|crontab|sudoers|my\.cnf|mysql|httpd|apache2?|nginx|ssh|ssl|php|profile|bash|environment|resolv|release|hostname|services|ftp|pure-?ftpd|proftp|vsftp|wu-ftpd|logrotate|sysconfig|init|inittab|redhat|lighttpd|samba|exports|network|chrootusers|mail|exim|ldap|snmp|syslog|rc\.|cron|security|aliases|sysctl|lsb|debian|shells|printcap|xinetd|master|default|opt|pam)|proc\/{1,4}(?:self|version|cmdline|cpuinfo|mounts|net|stat|[0-9]{1,7}\/|sched|meminfo|partitions|swaps|modules|uptime|loadavg|interrupts|ioports|devices|filesystems|kcore)|var\/{1,4}(?:log|www|lib|mail|spool|run|adm|cpanel|local|backups?|apache|cache|webmin|htmp)\b|usr\/{1,4}(?:local|lib|home|pkg|share|etc|ports|spool|var)\/|root\/{1,4}\.|home\/{1,4}[a-z0-9_-]{1,32}\/{1,4}\.|dev\/{1,4}(?:tcp|udp|random|zero|null)|opt\/{1,4}(?:lampp|apache|xampp|nginx|tomcat|httpd|coldfusion|zimbra)|(?:private\/)?tmp\/sess_|sys\/class\/|boot\/grub|(?:apache2?|xampp|lampp|nginx|lighttpd|mysql|php[0-9]?|www|httpd)\/(?:logs?|conf|php|data|bin|apache|htdocs)\b|system\/library\/|volumes\/|library\/webserver)/
const windowsFile =
  /\b[a-z]:\/{0,4}(?:windows|winnt|boot\.ini|inetpub|program ?files|documents and settings|users\/administrator|autoexec|config\.sys|apache|xampp|php|mysql|home2?\/|wamp|nginx|tomcat|pagefile|ntldr|winpcap|wininst|windowswin|iis)|(?:^|[^a-z0-9])(?:boot\.ini|win\.ini|system\.ini|windows\/(?:system32|repair|win\.ini|system\.ini|debug|panther|config)|winnt\/|global\.asax?|web\.config|ntuser\.dat|pagefile\.sys|system32\/)|%(?:systemroot|windir|systemdrive)%/
const hiddenFile = /(?:^|\/)\.(?:htaccess|htpasswd|htusers|ssh|git|svn|env|bash_history|bash_profile|bashrc|bash_logout|mysql_history|netrc|npmrc|aws|passwd|pass|history|sh_history|profile|login|logout|rhosts|forward|cshrc|kshrc|zsh_history|psql_history|nano_history|viminfo|dockerenv|docker|kube|subversion|hg|bzr|ds_store|addressbook|apt|config\/|local\/)(?:[/%\s?;]|$)|(?:^|\/)(?:web-inf|meta-inf)\b|\/(?:master\.)?passwd(?:\.(?:bak|old|db))?$|^(?:master\.passwd|passwd\.(?:bak|old|db))$|\bid_(?:rsa|dsa|ecdsa|ed25519)\b|\bwp-config\.php|(?:^|\/)(?:access|error)[._]log\b|\bphp\.ini\b|\bhttpd\.conf\b|\bmy\.(?:cnf|ini)\b|\bphpinfo\.php\b|^\/etc\/?$|^etc\/passwd|\bnginx\.conf\b|\/logs\/[a-z_.-]{0,24}log\b|\bproftpd\.conf\b/
/** What a filter leaves that takes the slashes out. */
const stripped = /\.{2,8}\/?(?:etc\/?(?:passwd|shadow|hosts|issue|group)|boot\.ini|win(?:dows|nt)\/?(?:win\.ini|system32)|web-?inf|proc\/?self)|(?:^|\/)etc(?:passwd|shadow)\b|windowssystem32|procselfenviron|varlog(?:apache|httpd|nginx)/
const wrapper = /(?:^|[^a-z])(?:php:\/{0,2}(?:filter|input|fd|memory|temp|stdin)|expect:\/\/|phar:\/\/|zip:\/\/|zlib:|compress\.(?:zlib|bzip2)|glob:\/\/|ogg:\/\/|rar:\/\/|ssh2(?:\.[a-z]{1,8})?:\/\/|data:\/\/|file:\/{1,3}(?:etc|c:|windows|proc|var|boot)|gopher:\/\/|dict:\/\/|jar:(?:http|file)|netdoc:|convert\.(?:iconv|base64|quoted)|string\.rot13|php_session|filter\/read=)/
/** A list of payloads of which the tool didn't fill in the file. */
const placeholder = /(?:^|[/.\\a-z?])\{file\}/
/** Long runs of one character cut off what a program appends. */
const padding = /^\/{0,4}([a-z0-9.])\1{60}|(?:\/\.){12}|\/{8}/
const nulEnd = /\.(?:php|asp|aspx|jsp|html?|ini|conf|log|txt|png|jpe?g|gif|inc|cgi|pl|sh|xml)(?:%00|\\0)|(?:%00|\\x00|\\0)(?:\.(?:php|html?|jpe?g|png|gif|txt|asp))/
/** Steps that were encoded more oddly than the layers know. */
const oddSteps = /(?:(?:\.|%2e|%%32%%65|0x2e|\?|%c0%?\.?|%c0%2e|%uff0e|%c0%ae|%25c0%25ae|%e0%80%ae|2e){2}(?:\/|\\|0x2f|0x5c|%2f|%5c|2f|5c|%c0%2f|%c1%9c|%c0%5c|%%35%%63|%%32%%66|%u[0-9a-f]{4}|%%?[0-9a-f]{2}){1,3}){2}|(?:2e2e|\.\.)(?:2f|5c|252f)\w/
const base64Paths = /(?:li4vli4v|li4vl2v0yy|l2v0yy9|cgfzc3dk|zxrjl3bhc3n3z|lmh0ywnjzxn)/

/** Finds attempts to reach files that aren't meant: steps upwards, well-known files, and the wrappers of PHP and Java. */
export function isPathTraversal({ lower }: Form): boolean {
  const path = lower.includes('\\') || lower.includes('0x') ? lower.replace(/0x2e/g, '.').replace(/0x2f|0x5c|\\+/g, '/') : lower
  if (path.includes('..') || path.includes('./')) {
    if (climbing.test(path) || oneStep.test(path)) return true
  }
  if (path.includes('/') || path.includes(':')) {
    if (unixFile.test(path) || wrapper.test(path) || padding.test(path)) return true
  }
  if (lower.includes('%') || lower.includes('0x') || lower.includes('2e') || lower.includes('2f') || lower.includes('?')) {
    if (oddSteps.test(lower)) return true
  }
  return windowsFile.test(path) || hiddenFile.test(path) || stripped.test(path) || wrapper.test(path) || placeholder.test(path) || nulEnd.test(lower) || base64Paths.test(lower)
}

/** What viewers search for, and single words and signs. One a line. */
export const ordinaryQueries: readonly string[] = String.raw`
select all episodes from season 1
select movies from netflix
select title from list
select best from the rest
all movies from 1999
movies from 1990 to 1999
drop dead fred
union station
union select committee
order by date
order by rating
group by genre
like father like son
shows like friends
movies like 'inception'
movies where the dog dies
movies where 2 friends travel
where to watch 'the office'
insert title here
update set top box
delete my account
drop table tennis channel
table for two
create a playlist
grant access
declare war
exec tv
or else
and then there were none
"and then there were none"
'or' versus 'and'
"this" and "that"
'this' or 'that'
"a" = "b"
it's 'ok' and it's "fine"
don't or can't
i'm & you're
what's up, doc?
when harry met sally...
what is love?
how to train your dragon 3
how do i cancel?
c++ tutorial
c++ vs c#
what is <html>?
html <b> tag
<b>bold</b> and <i>italic</i>
line one<br>line two
<p>A paragraph.</p>
<em>really</em>
<a href="https://www.example.com/shows?id=1">more</a>
Read more at https://example.com/a/b?c=d&e=f#g
onload
on demand
on = off
"on air"=live
only = 1
lone wolf
phone=123
javascript
javascript tutorial
javascript: basics
learn javascript: part 1
vbscript history
data: the new oil
data:science
file: attached
alert
alert box
alerts on
eval
evaluation (2021)
document
document.pdf
window seat
window.
location: Berlin
location = Berlin
cookie
cookie monster
cookies & cream
expression
expression (math)
script
the script
the script (band)
style: noir
svg
iframe
object
etc.
etc/other
news, sport, etc/etc
usr
bin
bin/laden
var
temp
home/living
my/home/page
tv/movies/kids
a/b testing
and/or
w/o
s/n
c/ san juan bautista 66, 1?f
c/ mayor, 3
calle s'arraval, 114
..
a..b
1..10
2010..2020
0..1
./
./start
~/
c:
C: The Movie
D:
con.
aux
nul
passwd
password
shadow
config
robots.txt
index.html
readme.md
log
log4j
jndi
ldap
$HOME sweet home
us$ 5
$ave money
A$AP Rocky
Ke$ha
$5 or $10
{5}
{a, b}
[a] (b) {c}
(a)(b)
(*)
*)
5*3
5 * 3
a*b
**bold**
__init__
snake_case_name
camelCaseName
kebab-case-name
@handle
@user @@
#hashtag #other
#
# of episodes
a | b
a || b
a && b
a & b
a; b; c
one; two; three
yes|no|maybe
news|sport
100$
x^2
~5
5~
!important
?
??
?!
"
'
''
""
`.trim().split('\n')

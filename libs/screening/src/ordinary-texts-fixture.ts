/** What events ordinarily carry, the parts of it above all that look like code to a careless eye. One text a line. */
const titles = String.raw`
O'Brien
1 or 2 episodes
SELECT TV
C++ <3
Tom & Jerry
Mr. & Mrs. Smith
AC/DC
5 > 3
50% off
{{name}}?
../ in a sentence?
Drop Dead Fred
Union Station
Ocean's Eleven
Ocean's 11
The Boys' Club & the Girls' Club
It's a Wonderful Life
Rock 'n' Roll High School
'Allo 'Allo!
"Weird Al" Yankovic: The Story
Who's Afraid of Virginia Woolf?
What's Eating Gilbert Grape
Schindler's List
Pan's Labyrinth
Dude, Where's My Car?
Don't Look Up
I <3 NY
<3 <3 <3
if x < y and y > z
a < b
>:( :-) <(^_^)>
¯\_(ツ)_/¯
24/7
Face/Off
Frost/Nixon
Fahrenheit 9/11
$9.99
$1,000,000 Duck
€ 12,50 / Monat
£5 - £10
100% Wolf
(500) Days of Summer
10 Things I Hate About You
2 Fast 2 Furious
12 or 24
1 and 2
Season 2 and Episode 3
Season = 2
S01E02 - "Pilot" (Part 1)
Episode #1
#1 Fan
The Boys' #1 fan
C# for beginners
F# & C# -- an introduction
Cookin' -- with Julia
the boys' -- a story
the joneses' or the smiths'
rock' and roll
Thelma & Louise
Lilo & Stitch
Cats & Dogs
Dog & Cat | Kids
Live | Sleep Sounds
News | Find your station
Sleep 10
Sleep(less) in Seattle
Sleep; and then wake
Sleeping Beauty (1959)
Amber Alert (2012)
Red Alert!
New alert(s) for you
Alert: storm (severe)
Confirm (or deny)
JavaScript: The Good Parts (2008)
JavaScript: from zero to hero [Part 1]
Learn SQL: select, insert, update and delete
How to write a SELECT statement
Select a movie from the list
Update your profile
Delete from watchlist
Insert coin to continue
Drop everything and watch
Drop the Dead Donkey
Create your own adventure
Alter Ego
Exec producer: J. J. Abrams
Executive Decision
Declare Independence
Grant (2020)
Order by phone
Order by 5 pm
Group by group
Having a Ball
Where the Wild Things Are
Where is Kyra?
Between Two Ferns
Like Father, Like Son
In the Heights
Null Island
True or False?
True Detective & Fargo
Union Jack: selected works
European Union select committee
The union select a new leader
All or Nothing
Trick or Treat
Dead or Alive
Now or Never; Then or Later
Kiss Kiss (Bang Bang)
Mission: Impossible - Fallout
Star Wars: Episode IV - A New Hope
X-Men: Days of Future Past
Se7en
M*A*S*H
*batteries not included
What the #$*! Do We Know!?
WALL·E
[REC]
[REC]²
{Proof}
{untitled}
{{title}}
{{ show.title }}
\${title}
Hello, {name}!
%s of %d
%title%
tick, tick... BOOM!
...And Justice for All
...
....
To be continued...
Wait... what?
and so on, and so on...
mother!
Airplane!
;)
:D
--
- - -
n/a
N/A
null
undefined
None
true
false
NaN
0
-1
3.14
+1
1-2-3
-12%
Part 1--
Part I -- The Beginning
Alien³
8½
π
Amélie
Les Misérables
La vie d'Adèle – Chapitres 1 & 2
L'Avventura
L'ultimo bacio
Dall'altra parte
D'Artagnan et les trois mousquetaires
Qu'est-ce qu'on a fait au Bon Dieu ?
Aujourd'hui, c'est l'été
¿Quién quiere ser millonario?
¡Three Amigos!
Türkisch für Anfänger
Das Leben der Anderen
Der Untergang (2004) – "Downfall"
Løvekvinnen
Łódź
Привет, мир!
Война и мир
千と千尋の神隠し
進撃の巨人 「最終回」
君の名は。
기생충
パラサイト 半地下の家族 ＜字幕＞
ＳＥＬＥＣＴ ＴＶ
ＮＨＫ ＢＳ１
أهلاً وسهلاً
שלום
नमस्ते
🎬🍿
👩‍👩‍👧 family
e = mc²
2 + 2 = 5
2+2=4
1=1?
x = y
f(x) = x + 1
sin(x)/cos(x)
O(n log n)
if (a == b) { ... }
for fun and profit
while you were sleeping
return of the king
The Return of the 'King'
import / export
print (2nd edition)
System (2022)
System of a Down
Exec (Recut)
The Call (2013)
Cat People
Cat's Eye
Head; Tail
cat on a hot tin roof
ls is not a title
The Net
The Net 2.0
Ping Pong
Ping: the animated series
Echo (2023)
Echo 3
More or Less
Less is More; More is Less
Who? What? Where?
Find Me Guilty
Date Night; Time Bandits
Time & Again
Kill Bill: Vol. 1
Start; Stop
id; please
Bash!
Perl Harbor
Ruby Sparks
Python (2000) | Horror
Curl Girls
wget
Net User Growth 2024
The Host
Host & Guest
Rm with a view
Top 10 | Best of
Sort of | Comedy
News & Weather; Sport & Time
Env
Env & Co
echo & the bunnymen
Salt & Pepper; Fish & Chips
M&M's
AT&T
H&M
R&B
B&B (TV series)
Q&A
S&P 500
D&D: Honor Among Thieves
P&L
Ben & Jerry's
Barnes & Noble
Law & Order: SVU
Law & Order
Hot & cold
Bread & Butter & Jam
&amp;
Tom &amp; Jerry
It&#39;s on
caf&eacute;
5 &gt; 3
`.trim().split('\n')

const queries = String.raw`
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

const technical = String.raw`
Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36
Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15
Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0
Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1
Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36
Mozilla/5.0 (Linux; U; Android 4.2.2; id; GT-I9300 Build/JDQ39) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30
Mozilla/5.0 (Linux; U; Android 2.3.6; en-us; Nexus S Build/GRK39F) AppleWebKit/533.1 (KHTML, like Gecko) Version/4.0 Mobile Safari/533.1
Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.2 Chrome/94.0.4606.31 TV Safari/537.36
Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36 WebAppManager
Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15
Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)
Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)
Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2; .NET CLR 2.0.50727; Media Center PC 6.0; InfoPath.3)
Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)
Opera/9.80 (Windows NT 6.1; U; en) Presto/2.10.289 Version/12.02
Dalvik/2.1.0 (Linux; U; Android 9; AFTMM Build/PS7233)
Roku/DVP-12.5 (12.5.0.4178-55)
AppleCoreMedia/1.0.0.21F79 (Apple TV; U; CPU OS 17_5 like Mac OS X; en_us)
okhttp/4.12.0
curl/8.5.0
Wget/1.21.4 (linux-gnu)
python-requests/2.32.3
Java/17.0.11
Go-http-client/1.1
PostmanRuntime/7.39.0
VLC/3.0.20 LibVLC/3.0.20
Lavf/60.16.100
ExoPlayerDemo/2.19 (Linux;Android 13) ExoPlayerLib/2.19.1
UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/
Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)
facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)
Netflix/16.7.0 (iPad; iOS 17.5; Scale/2.00)
stagefright/1.2 (Linux;Android 7.0)
Xbox/2.0; Series X
CrKey/1.54.250320 (Chromecast; 3rd gen)
https://www.example.com/
https://www.example.com/watch?v=dQw4w9WgXcQ&t=42s&list=PL1
https://www.google.com/search?q=tom+%26+jerry&oq=tom&ie=UTF-8&sourceid=chrome
https://www.google.com/search?q=select+tv+or+dish&client=safari
https://www.google.com/url?sa=t&rct=j&q=&esrc=s&source=web&cd=1&ved=0CB4QFjAA&url=http%3A%2F%2Fwww.example.com%2Fblog%2Fa-b.html&ei=abc&usg=AFQ
https://duckduckgo.com/?q=o%27brien+show
https://example.com/shows/1/seasons/2?sort=date&order=desc&id=5&type=movie
https://example.com/search?query=%22the+office%22&page=2
https://example.com/search?q=what%27s+new&cat=5&ls=1
https://example.com/a?next=%2Faccount%2Fsettings&ref=home
https://example.com/path;jsessionid=1A530637289A03B07199A44E8D531427
https://example.com/(parenthesised)/path's?x=a|b
https://m.example.com/#!/browse/genre/34399
https://cdn.example.com/img/poster_300x450.jpg?w=300&h=450&fit=crop
https://user@example.com:8443/login?redirect_uri=https://app.example.com/cb&scope=openid%20profile&state=af0ifjsldkj
https://example.com/etc/terms
https://example.com/blog/2024/../2023/post
http://localhost:3000/
http://192.168.1.10:8096/web/index.html
file:///android_asset/index.html
file:///usr/palm/applications/com.example.app/index.html
android-app://com.google.android.googlequicksearchbox/
app://com.example.tv
urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6
data.country
com.ott.playback.started.v1
/players/web
/apps/tv/roku
/watch/123?autoplay=true
/v1/events
//player
/1/2/3
viewer-42
viewer:42
user_1234567
f81d4fae-7dec-11d0-a765-00a0c91e6bf6
d41d8cd98f00b204e9800998ecf8427e
00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U
CPzHq4APzHq4AAMABBENA8CgAAAAAAAAACiQAAAAAAAA
QmFzZTY0IHRleHQgd2l0aCBwYWRkaW5nIQ==
2026-01-31T20:15:00Z
2026-01-31T20:15:00.123+01:00
Mon, 31 Jan 2026 20:15:00 GMT
PT1H30M
203.0.113.7
2001:db8::1
::1
198.51.100.0/24
48.8566, 2.3522
48°51'24"N 2°21'03"E
5'11"
6'2" tall
12" remix
7" & 12" singles
US
en-US,en;q=0.9,de;q=0.8
text/html; charset=utf-8
application/json
multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW
video/mp4; codecs="avc1.42E01E, mp4a.40.2"
gzip, deflate, br
1920x1080
16:9
4K/HDR10+
Dolby Vision + Atmos
avc1.640028
error: connection reset (ECONNRESET)
Error: Cannot read properties of undefined (reading 'id')
TypeError: x is not a function
MEDIA_ERR_SRC_NOT_SUPPORTED: 4
at play (player.js:12:34)
at Object.<anonymous> (/app/src/index.js:10:5)
ERR-1001; retry=3; backoff=200ms
status=200 time=12ms
key=value; other=value2
a=1&b=2&c=3
a=1 and b=2
utm_source=newsletter&utm_medium=email&utm_campaign=spring%20sale
{"a":1,"b":[true,null,"x"]}
{"name":"O'Brien","age":42}
{"id": 1, "type": "movie", "tags": ["a", "b"]}
["a","b"]
{'a': 1}
[1, 2, 3]
{}
[]
()
SKU-123/456
ISBN 978-3-16-148410-0
+49 (0)30 1234567
(555) 123-4567
555.123.4567 x89
jane.doe@example.com
jane+news@example.co.uk
"Jane Doe" <jane@example.com>
o'brien@example.ie
Jane O'Brien-Smith, Jr.
Nguyễn Văn A
D'Angelo Russell
Shaquille O'Neal
Sinéad O'Connor & The Chieftains
12, rue de l'Église, 75015 Paris
221B Baker Street; Flat 2
1600 Pennsylvania Ave. NW, Washington, DC 20500 (USA)
Unit #5, 10 King's Rd.
c/o Smith & Sons
P.O. Box 123
Apt. 4-B
Hauptstr. 5 / Hinterhaus
3 > 2 > 1
1 < 2
price >= 10 or rating > 4
rating = 5 or rating = 4
year = 1999 and genre = 'drama'
10% - 20%
Line one\nLine two
C:\Videos\movie.mp4
D:\media\tv\show.mkv
\\nas\share\movies
/home/user/videos/a.mp4
/mnt/media/tv
~/Movies
TV\Movies\Kids
a\b
back\slash
Ready? Set. Go!
Thank you (and goodnight).
He said: "It's 5 o'clock; let's go."
She asked 'why?' and he said 'because'.
Note: see (1), (2) & (3).
Cast: A (as B), C (as D); Director: E
Rated TV-MA | 2h 5m | 4K | 5.1
Genres: Action, Sci-Fi & Fantasy; Language: en/de/fr
Subtitles: EN, FR [CC]; Audio: EN (AD)
Terms & conditions apply*
*Terms apply; see https://example.com/terms.
Free trial - cancel anytime! 7 days free, then $9.99/month.
Save 50% & get 2 months free (ends 12/31)
From $4.99/mo. or $49.99/yr.
Watch "The Crown" now → https://exa.mp/le
Don't miss S3E1 of 'Dark' – tonight @ 8/7c
Unsubscribe: reply STOP; for help reply HELP
Wi-Fi 802.11 a/b/g/n
iOS >= 15; Android >= 8
v1.2.3-beta+build.5
1.0.0-rc.1
~1.2.3 || ^2.0.0
app.version >= 2
SELECT
UPDATE
NULL
OR
AND
`.trim().split('\n')

const manyLines = [
  'First line.\nSecond line.\n\nThird: with a colon.',
  'Synopsis:\r\nA man & a dog.\r\nStarring: X, Y',
  'To be, or not to be:\nthat is the question',
  'Cast:\n- A\n- B; C\n- D | E',
  'name:\tvalue\nother:\tvalue',
  'Hello,\n\nmy TV doesn\'t work. It says "error (5)".\n\nThanks\nJ.',
  'from: Paris to: Rome',
  'Recipe:\n1 cup of sugar & 2 eggs\ncat food (no!)\nserve',
]

export const ordinaryTexts: readonly string[] = [...titles, ...queries, ...technical, ...manyLines]

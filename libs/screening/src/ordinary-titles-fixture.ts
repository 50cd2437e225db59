/** Titles of shows and episodes, the parts of them above all that look like code to a careless eye. One a line. */
export const ordinaryTitles: readonly string[] = String.raw`
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

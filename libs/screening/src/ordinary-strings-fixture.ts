/** What players and partners send beside titles: user agents, addresses, ids, times, names, messages. One a line. */
export const ordinaryStrings: readonly string[] = String.raw`
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


/* Compiler messages that try what a message can: see tests/exports/common.sh. */
#error EVIL ]]> <script>alert(1)</script> &amp; | `x` ``` @everyone https://evil.example/ [EVIL](http://evil.example)
#error ::set-output name=score::100
#error ##[set-output name=score]100 ::error::EVIL %0A::warning::EVIL
#warning </details> <!-- EVIL ~~~

/*
 * The report page's parts as data of mmgrade: page.h. Paths are relative to
 * the repository's root, where make runs.
 */
    .section .rodata, "a", @progbits

    .globl page_html, page_html_bytes
page_html:
    .incbin "grader/report/page/page.html"
html_end:
    .balign 8
page_html_bytes:
    .quad html_end - page_html

    .globl page_style, page_style_bytes
page_style:
    .incbin "grader/report/page/page.css"
style_end:
    .balign 8
page_style_bytes:
    .quad style_end - page_style

    .globl page_script, page_script_bytes
page_script:
    .incbin "grader/report/page/words.js"
    .incbin "grader/report/page/page.js"
    .incbin "grader/report/page/class.js"
    .incbin "grader/report/page/result.js"
    .incbin "grader/report/page/start.js"
script_end:
    .balign 8
page_script_bytes:
    .quad script_end - page_script

    .section .note.GNU-stack, "", @progbits

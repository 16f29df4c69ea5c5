/*
 * The report page's parts as data of mmgrade: page.h. Paths are relative to
 * the repository's root, where make runs.
 */
    .section .rodata, "a", @progbits

    .globl page_html, page_html_end
page_html:
    .incbin "grader/report/page/page.html"
page_html_end:
    .byte 0

    .globl page_style, page_style_end
page_style:
    .incbin "grader/report/page/page.css"
page_style_end:
    .byte 0

    .globl page_script, page_script_end
page_script:
    .incbin "grader/report/page/words.js"
    .incbin "grader/report/page/page.js"
    .incbin "grader/report/page/class.js"
    .incbin "grader/report/page/result.js"
    .incbin "grader/report/page/start.js"
page_script_end:
    .byte 0

    .section .note.GNU-stack, "", @progbits

"""Patch of ``InferenceRequestHandler``: forms and query strings reach the handler.

A malformed form makes TorchServe throw while it parses the form: the client gets a 500 with a Java exception's name,
and plain ``curl --data-binary``, which declares a form, fails on any '%' in an image. With the patch ``parseRequest``
passes forms on like every other body, and inference/multipart_form.py reads them.

The query string of ``/explanations/NAME?...`` reaches no handler: the header ``url_path`` has only the part of the
path after the version. With the patch ``handlePredictions`` puts the whole address into ``url_path``.

Changes, by method, in the notation of ``javap``:

    constants
    + #590 = Utf8 uri
    + #591 = NameAndType uri:()String;
    + #592 = InterfaceMethodref FullHttpRequest.uri:()String;
    handlePredictions
    - 0036: ldc String
    - 0038: invokevirtual Method HttpHeaders.add:(String;Object;)HttpHeaders;
    - 0041: pop
    - 0042: aload_3
    - 0043: arraylength
    - 0044: iconst_4
    - 0045: if_icmple 79
    - 0048: ldc String /
    - 0050: aload_3
    - 0051: iconst_4
    - 0052: aload_3
    - 0053: arraylength
    - 0054: invokestatic Method Arrays.copyOfRange:([Object;II)[Object;
    - 0057: checkcast class "[CharSequence;"
    - 0060: invokestatic Method String.join:(CharSequence;[CharSequence;)String;
    - 0063: astore 6
    - 0065: aload_2
    - 0066: invokeinterface InterfaceMethod FullHttpRequest.headers:()HttpHeaders;
    - 0071: ldc String url_path
    - 0073: aload 6
    - 0075: invokevirtual Method HttpHeaders.add:(String;Object;)HttpHeaders;
    - 0078: pop
    + 0036: aload_2
    + 0037: invokeinterface InterfaceMethod FullHttpRequest.uri:()String;
    + 0042: invokevirtual Method HttpHeaders.add:(String;Object;)HttpHeaders;
    + 0045: pop
    + 0046-0078: nop
    parseRequest
    - 0211: ifne 225
    + 0211: ifne 334
    - 0217: aload 5
    + 0217: aconst_null
    + 0218: nop
"""

from serving.torchserve.patches.class_patch import ClassPatch, code

# if (isMultipart(request) || FORM_URLENCODED.contentEqualsIgnoreCase(contentType)) {forms} else {body}
_FORMS = {
    #   ifne forms        -> ifne body, 123 bytes on:  a multipart request takes the branch of plain bodies
    #   aload contentType -> aconst_null, nop:         contentEqualsIgnoreCase(null) is false
    code("9a000e b20196 1905 b6019c 990070"): code("9a007b b20196 0100 b6019c 990070"),
}

# headers.add("url_path", ""); if (segments.length > 4) headers.add("url_path", join(rest))
_ADDRESS = {
    #   size of the constant pool, 590 -> 593: three constants are added at its end
    code("cafebabe 00000034 024e"): code("cafebabe 00000034 0251"),
    code("0100064c6f6f6b7570 0021 0008 0002"): code(
        "0100064c6f6f6b7570 010003757269 0c024e00ea 0b0078024f 0021 0008 0002"
    ),
    code(
        "2cb900770100 127d 127f b60081 57"
        "2dbe07a40022 1287 2d072dbe b80089 c0008f b80091 3a06 2cb900770100 127d 1906 b60081 57"
    ): code("2cb900770100 127d 2cb902500100 b60081 57" + 33 * "00"),
}

PATCH = ClassPatch(
    "org/pytorch/serve/http/api/rest/InferenceRequestHandler.class",
    "915ac25d1f8a2360181528aa8eabd3c769ebd807d54798f0bce9bc934213eb93",
    _FORMS | _ADDRESS,
)

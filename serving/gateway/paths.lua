-- Decodes what a path may have with and without an encoding (RFC 3986, 2.3), and colons: /predictions/%69ris is
-- /predictions/iris, for routes, limits and TorchServe alike. A slash stays encoded.
core.register_converters("unencoded", function(path)
    return (path:gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)):match("[%w._~:-]") end))
end)

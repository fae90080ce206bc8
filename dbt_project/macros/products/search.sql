{# The words of a text, for search: in lower case, cut at blanks and at ASCII punctuation. So a word
   holds no sign that `like` or a text search query gives a meaning. Most texts are short and plain,
   and `replace` takes a tenth of the time of the regular expression. Not Postgres's own parser: it
   keeps hosts, paths, signed numbers and hyphenated words whole. #}


{% macro plain_text(text) %}
    case
        when lower({{ text }}) ~ '[^-a-z0-9 ]'
            then regexp_replace(
                lower({{ text }}),
                '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\u00a0\u2000-\u206f\u3000-\u303f]+', ' ', 'g'
            )
        else replace(lower({{ text }}), '-', ' ')
    end
{%- endmacro %}


{% macro word_list(text) %}
    array_remove(string_to_array({{ plain_text(text) }}, ' '), '')
{%- endmacro %}


{# The index of products and the queries that use it need the same expression. #}
{% macro product_words() %}
    array_to_tsvector({{ word_list("(name || ' ' || sku)") }})
{%- endmacro %}

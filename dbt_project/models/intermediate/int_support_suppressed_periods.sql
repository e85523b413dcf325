-- Grain: figure (row is all of them), period grain and period. What of support must not be shown:
-- see macros/disclosure. The seal is read as the last run left it, which a ref cannot say: it
-- depends on this model.
{{ hidden_periods(support_figures(), ref('int_support_contributions'), 'sealed_kpi_support_monthly') }}

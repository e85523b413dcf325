-- Grain: figure (row is all of them), period grain and period. What of sales must not be shown:
-- see macros/disclosure. The seal is read as the last run left it, which a ref cannot say: it
-- depends on this model.
{{ hidden_periods(sales_figures(), ref('int_sales_contributions'), 'sealed_kpi_sales_monthly') }}

<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:welfare.claim_result:v1" xmlns="urn:renkei:claim.result:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:result">
    <result>
      <batch_number><xsl:value-of select="i:batch_number"/></batch_number>
      <billing_month><xsl:value-of select="i:billing_month"/></billing_month>
      <claim_count><xsl:value-of select="i:claim_count"/></claim_count>
      <accepted><xsl:value-of select="i:accepted"/></accepted>
      <duplicate><xsl:value-of select="i:duplicate"/></duplicate>
      <xsl:for-each select="i:unmatched">
        <unmatched>
          <claim_number><xsl:value-of select="i:claim_number"/></claim_number>
          <treatment_month><xsl:value-of select="i:treatment_month"/></treatment_month>
          <reason><xsl:value-of select="i:reason"/></reason>
        </unmatched>
      </xsl:for-each>
      <imported_at><xsl:value-of select="i:imported_at"/></imported_at>
    </result>
  </xsl:template>
</xsl:stylesheet>

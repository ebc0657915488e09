<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:claims.batch:v1" xmlns="urn:renkei:claim.batch:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:batch">
    <batch>
      <batch_number><xsl:value-of select="i:batch_number"/></batch_number>
      <billing_month><xsl:value-of select="i:billing_month"/></billing_month>
      <xsl:for-each select="i:claim">
        <claim>
          <claim_number><xsl:value-of select="i:claim_number"/></claim_number>
          <treatment_month><xsl:value-of select="i:treatment_month"/></treatment_month>
          <recipient_number><xsl:value-of select="i:recipient_number"/></recipient_number>
          <name><xsl:value-of select="i:name"/></name>
          <birth_date><xsl:value-of select="i:birth_date"/></birth_date>
          <department><xsl:value-of select="i:department"/></department>
          <treatment_days><xsl:value-of select="i:treatment_days"/></treatment_days>
          <health_insurer_number><xsl:value-of select="i:health_insurer_number"/></health_insurer_number>
          <decided_amount><xsl:value-of select="i:decided_amount"/></decided_amount>
          <copayment><xsl:value-of select="i:copayment"/></copayment>
          <window_payment><xsl:value-of select="i:window_payment"/></window_payment>
          <in_kind_benefit><xsl:value-of select="i:in_kind_benefit"/></in_kind_benefit>
        </claim>
      </xsl:for-each>
      <claim_count><xsl:value-of select="i:claim_count"/></claim_count>
      <decided_total><xsl:value-of select="i:decided_total"/></decided_total>
    </batch>
  </xsl:template>
</xsl:stylesheet>
